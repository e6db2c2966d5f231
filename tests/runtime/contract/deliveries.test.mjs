// The measured part of the contract, which all sides of the benchmarks must keep: being faster by leaving something out
// proves nothing. Here: deliveries, and what they do to a job.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { acquired, at, completed, told } from "../support/deliveries.mjs";
import { measured } from "../support/contract/measured.mjs";
import { HOOK_TOKEN } from "../support/vault.mjs";

measured("deliveries and states", (on) => {
  describe("deliveries", () => {
    test("are answered with the job, also when repeated", async () => {
      const id = on.newId();
      const first = acquired(id);
      const answer = (eventType, duplicate = false) => ({ status: 200, id, eventType, duplicate });
      assert.deepEqual(await on.vault.deliver(first), answer("acquired"));
      assert.deepEqual(await on.vault.deliver(first), answer("acquired", true));
      assert.deepEqual(await on.vault.deliver(acquired(id, 1)), answer("acquired"));
      assert.deepEqual(await on.vault.deliver(completed("text", id)), answer("completed"));
      assert.deepEqual(await on.vault.deliver({ eventType: "exploded", jobId: id }), answer("exploded"));
      const { status: now, deliveries, duplicates } = await on.vault.job(id);
      assert.deepEqual([now, deliveries, duplicates], ["completed", 5, 1]);
    });

    test("are answered with JSON that must not be cached", async () => {
      const response = await on.vault.post(on.vault.hookUrl(), JSON.stringify(acquired(on.newId())));
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.match(response.headers.get("cache-control"), /no-store/);
      await response.body.cancel();
    });

    const ids = {
      "a number past 2^53": ['{"eventType":"acquired","jobId":9007199254740993}', "9007199254740993"],
      "`job_id`": ['{"eventType":"acquired","job_id":"x-1"}', "x-1"],
      "`request_id`": ['{"eventType":"acquired","request_id":"x-2"}', "x-2"],
      "`requestId`": ['{"eventType":"acquired","requestId":"x-3"}', "x-3"],
      "`jobId` before others": ['{"request_id":"no","eventType":"acquired","jobId":"x-4"}', "x-4"],
      "the files' names": [
        '{"eventType":"completed","v":"https://example.com/outputs/free/770001_0_a.mp4"}', "770001"],
    };
    for (const [name, [body, id]] of Object.entries(ids)) {
      test(`name their job by ${name}`, async () => {
        const answer = await on.vault.deliver(body);
        assert.deepEqual([answer.status, answer.id], [200, id]);
        assert.equal((await on.vault.job(id)).id, id);
      });
    }

    const strays = {
      "no job": '{"eventType":"acquired"}',
      "an id that is not valid": '{"eventType":"acquired","jobId":"ref:a"}',
      "no JSON": "hello",
      "a list": "[1]",
      "no UTF-8": Uint8Array.of(123, 0xff, 125),
      "nothing": "",
    };
    for (const [name, body] of Object.entries(strays)) {
      test(`with ${name} are kept, 202`, async () => {
        const { status: code, unmatched, reason } = await on.vault.deliver(body);
        assert.equal(code, 202);
        assert.ok(reason.length > 5, reason);
        const kept = await (await on.vault.bucket()).get(`unmatched/${unmatched}`);
        assert.deepEqual(Buffer.from(await kept.arrayBuffer()), Buffer.from(body));
      });
    }

    test("with a wrong token are refused, 401", async () => {
      for (const token of ["wrong", HOOK_TOKEN.slice(1), `${HOOK_TOKEN}x`, HOOK_TOKEN.toUpperCase()]) {
        const id = on.newId();
        const response = await on.vault.post(`/hook/${token}`, JSON.stringify(acquired(id)));
        assert.equal(response.status, 401, token);
        assert.equal(response.headers.get("content-type"), "application/problem+json");
        await response.body.cancel();
        assert.equal((await on.vault.get(`/jobs/${id}`)).status, 404);
      }
    });
  });

  describe("states", () => {
    const sequences = {
      "in order": [[acquired, "completed"], { status: "completed", attempt: 1 }],
      "completed first": [["completed", acquired], { status: "completed", attempt: 1, acquiredAt: null }],
      "a failure after the end": [["completed", "failed"], { status: "completed", error: null }],
      "a result after a failure": [["failed", "completed"], { status: "completed", error: null }],
      "cancelled, then failed": [["cancelled", "failed"], { status: "cancelled", attempt: 1 }],
      "retried": [[acquired, "retried"], { status: "retried", attempt: 2 }],
      "retried after a failure": [["failed", "retried"], { status: "retried", attempt: 2, error: null }],
      "retried first": [["retried"], { status: "retried", attempt: 1 }],
      "an unknown event first": [["exploded"], { status: "queued", version: 1 }],
    };
    for (const [name, [events, want]] of Object.entries(sequences)) {
      test(name, async () => {
        const id = on.newId();
        for (const event of events) {
          const body = typeof event === "function" ? event(id) : told(event, id, undefined,
            event === "failed" ? { error: "no luck" } : event === "completed" ? { text: "a" } : {});
          assert.equal((await on.vault.deliver(body)).status, 200);
        }
        const job = await on.vault.job(id);
        for (const [key, value] of Object.entries(want)) assert.deepEqual(job[key], value, key);
        assert.equal(job.deliveries, events.length);
      });
    }

    test("only a newer lease is accepted", async () => {
      const id = on.newId();
      for (const minute of [0, 2, 1]) await on.vault.deliver(acquired(id, minute));
      const { status: now, acquiredAt, leaseExpiry, workerName, version } = await on.vault.job(id);
      assert.deepEqual([now, acquiredAt, leaseExpiry, workerName, version],
        ["acquired", at(2), at(2) + 45_000, "worker-2", 2]);
    });

    test("only what is newer than the end begins another attempt", async () => {
      const id = on.newId();
      await on.vault.deliver(acquired(id, 0));
      await on.vault.deliver(told("failed", id, 2, { error: { code: 9007199254740993n.toString() } }));
      await on.vault.deliver(acquired(id, 1));
      assert.deepEqual((await on.vault.job(id)).status, "failed");
      await on.vault.deliver(acquired(id, 3));
      const { status: now, attempt } = await on.vault.job(id);
      assert.deepEqual([now, attempt], ["acquired", 2]);
    });

    test("a body without a time is a duplicate only while nothing else was applied", async () => {
      const id = on.newId();
      const [failed, retried] = [told("failed", id), told("retried", id)];
      const duplicates = [];
      for (const body of [failed, failed, retried, failed]) {
        duplicates.push((await on.vault.deliver(body)).duplicate);
      }
      assert.deepEqual(duplicates, [false, true, false, false]);
      const job = await on.vault.job(id);
      assert.deepEqual([job.status, job.duplicates], ["failed", 1]);
    });
  });
});
