// Deliveries as in the upstream's documentation, and the record that they make.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json } from "../support/answers.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { ACQUIRED, COMPLETED, SOURCE_HOST } from "../support/samples/seed.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { HOOK_TOKEN, startVault } from "../support/vault.mjs";

const VIDEO = "/outputs/free/437852_0_WanVideo2_2_I2V_00150.mp4";
/** The longest text, in bytes, in the job's object; a longer one is in the bucket. */
const OBJECT_LIMIT = 256 * 1024;

describe("ingest", () => {
  let source;
  let vault;
  before(async () => {
    source = await startSource();
    // The documentation's host is not on this machine, so all fetches go to the source.
    const outboundService = { external: { address: `127.0.0.1:${source.port}`, http: {} } };
    vault = await startVault({ change: (options) => ({ ...options, outboundService }) });
  });
  after(() => stopAll(vault, source));

  test("the document's two bodies become a stored job", async () => {
    source.put(VIDEO, "the video");
    const begun = Date.now();
    const first = await json(await vault.post(vault.hookUrl(), ACQUIRED));
    assert.deepEqual(first, { id: "437852", eventType: "acquired", duplicate: false });
    const last = await json(await vault.post(vault.hookUrl(), COMPLETED));
    assert.deepEqual(last, { id: "437852", eventType: "completed", duplicate: false });
    vault.watch("437852");

    const job = await vault.settled("437852");
    const { createdAt, updatedAt, completedAt, storedAt, files } = job;
    const [{ url, etag }] = files;
    const times = [begun, createdAt, completedAt, storedAt, updatedAt, Date.now()];
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
    const path = /^\/files\/437852\/[0-9a-f]{32}\/0-WanVideo2_2_I2V_00150\.mp4$/;
    assert.ok(url.startsWith(vault.url));
    assert.match(url.slice(vault.url.length), path);
    assert.match(etag, /^[0-9a-f]{32}$/);
    assert.deepEqual(job, {
      id: "437852",
      ref: null,
      provider: "pipelet",
      app: null,
      tags: [],
      status: "completed",
      archive: "stored",
      version: 3,
      attempt: 1,
      queueName: "free",
      workerName:
        "k8s_pipelet-v2-batch-premium-worker-559f48bc58-lz862_203.168.252.2_251227090447_ojfl",
      createdAt,
      acquiredAt: 1766867822109,
      leaseExpiry: 1766867867109,
      updatedAt,
      completedAt,
      storedAt,
      result: { video: { data_uri: url, data_url: url } },
      files: [
        {
          n: 0,
          pointers: ["/video/data_uri", "/video/data_url"],
          state: "stored",
          url,
          name: "WanVideo2_2_I2V_00150.mp4",
          contentType: "video/mp4",
          size: 9,
          etag,
          verified: true,
          sourceHost: SOURCE_HOST,
          expiresAt: Date.UTC(2025, 11, 27, 22, 39, 35),
          slackMs: 0,
          attempts: 1,
          error: null,
        },
      ],
      skipped: [],
      error: null,
      deliveries: 2,
      duplicates: 0,
      heals: 0,
      handoff: null,
      input: null,
    });
    assert.equal(await (await fetch(url)).text(), "the video");
    assert.equal(source.requests(VIDEO).length, 1);
  });

  test("each event by itself makes the record", async () => {
    const bodies = [
      acquired("alone-acquired"),
      { eventType: "completed", jobId: "alone-completed", text: "no files" },
      told("failed", "alone-failed", 1, { error: "out of memory" }),
      told("cancelled", "alone-cancelled", 1),
      told("retried", "alone-retried", 1),
    ];
    for (const body of bodies) {
      const { eventType, jobId: id } = body;
      const answer = await vault.deliver(body);
      assert.deepEqual(answer, { status: 200, id, eventType, duplicate: false });
      const { status, archive, version, attempt, deliveries, error } = await vault.job(id);
      const got = { status, archive, version, attempt, deliveries, error };
      const want = { status: eventType, archive: "none", version: 1, attempt: 1, deliveries: 1 };
      assert.deepEqual(got, { ...want, error: body.error ?? null });
    }
    const result = await json(await vault.get("/jobs/alone-completed/result"));
    assert.deepEqual(result, { text: "no files" });
  });

  test("the token may be in the path or in the header", async () => {
    const ways = [
      [`/hook/${HOOK_TOKEN}`, {}],
      [`/hook/${HOOK_TOKEN}/`, {}],
      [`/hook/${HOOK_TOKEN}/by-path/`, {}],
      ["/hook", { authorization: `Bearer ${HOOK_TOKEN}` }],
      ["/hook", { authorization: `bearer ${HOOK_TOKEN}` }],
    ];
    for (const [n, [path, headers]] of ways.entries()) {
      const id = `way-${n}`;
      const answer = await json(await vault.post(path, JSON.stringify(acquired(id)), headers));
      assert.deepEqual(answer, { id, eventType: "acquired", duplicate: false }, path);
    }
    assert.equal((await vault.job("way-2")).ref, "by-path");
  });

  test("app and tags come from the query", async () => {
    const first = { query: "?app=shop&tag=a&tag=b%20c&tag=a" };
    await vault.deliver(acquired("labelled"), first);
    await vault.deliver(told("failed", "labelled", 1), { query: "?app=other&tag=d" });
    const { app, tags } = await vault.job("labelled");
    assert.deepEqual({ app, tags }, { app: "shop", tags: ["a", "b c", "d"] });
  });

  /** Returns a body of exactly `bytes` bytes. */
  const sized = (id, eventType, bytes) => {
    const body = { eventType, jobId: id, seed: "SEED", pad: "" };
    const written = JSON.stringify(body).replace('"SEED"', "196619188014358660");
    return written.replace('"pad":""', `"pad":"${"x".repeat(bytes - written.length)}"`);
  };

  test("a body up to 256 KiB is stored in the object, a larger one in the bucket", async () => {
    for (const [id, bytes, inBucket] of [
      ["just-fits", OBJECT_LIMIT, 0],
      ["too-large", OBJECT_LIMIT + 1, 1],
    ]) {
      const body = sized(id, "acquired", bytes);
      assert.equal((await vault.deliver(body)).status, 200);
      const keys = await vault.keys(`bodies/${id}/`);
      assert.equal(keys.length, inBucket, id);
      for (const key of keys) {
        assert.equal(await (await (await vault.bucket()).get(key)).text(), body);
      }
      const [event] = await vault.events(id);
      assert.deepEqual([event.bytes, event.body], [bytes, null], "over 16 KiB: not inline");
      const kept = await vault.get(`/jobs/${id}/events/1/body`);
      assert.equal(await kept.text(), body);
    }
  });

  test("a result over 256 KiB comes back unchanged", async () => {
    const body = sized("large-result", "completed", 2 * OBJECT_LIMIT);
    assert.equal((await vault.deliver(body)).status, 200);
    assert.equal((await vault.keys("results/large-result/")).length, 1);
    const result = await (await vault.get("/jobs/large-result/result")).text();
    assert.equal(result, body.replace('"eventType":"completed","jobId":"large-result",', ""));
    assert.deepEqual(await vault.outcomes("large-result"), ["completed:applied"]);
  });
});
