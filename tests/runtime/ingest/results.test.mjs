// Results that come twice, new results, errors instead of a result, and the timeline of all that.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json } from "../support/answers.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { startSourced } from "../support/vaults/served.mjs";

describe("results", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  const path = (id, name = "video") => `/outputs/free/${id}_0_${name}.mp4`;
  const text = async (url) => (await fetch(url)).text();

  test("the same completed four times at the same moment is one result", async () => {
    const body = completed(source.put(path(201)));
    const answers = await Promise.all(Array.from({ length: 4 }, () => vault.deliver(body)));
    assert.ok(answers.every(({ status, id }) => status === 200 && id === "201"));
    assert.deepEqual(answers.map(({ duplicate }) => duplicate).sort(), [false, true, true, true]);
    const { archive, deliveries, duplicates } = await vault.settled("201");
    assert.deepEqual([archive, deliveries, duplicates], ["stored", 4, 3]);
    const repeated = Array(3).fill("completed:duplicate");
    assert.deepEqual(await vault.outcomes("201"), ["completed:applied", ...repeated]);
    assert.deepEqual(await vault.keys("jobs/201/"), ["jobs/201/0-video.mp4"]);
    assert.equal(source.requests(path(201)).length, 1);
  });

  test("with new signatures at the same moment it is one result too", async () => {
    const bodies = Array.from({ length: 4 }, () => completed(source.put(path(202)), "202"));
    const answers = await Promise.all(bodies.map((body) => vault.deliver(body)));
    assert.deepEqual(answers.map(({ duplicate }) => duplicate).sort(), [false, true, true, true]);
    const { files, deliveries, duplicates } = await vault.settled("202");
    assert.deepEqual([files.length, deliveries, duplicates], [1, 4, 3]);
    assert.deepEqual(await vault.keys("jobs/202/"), ["jobs/202/0-video.mp4"]);
  });

  test("a file that could not be fetched gets fresher URLs", async () => {
    await vault.deliver(completed(source.dead(path(203))));
    assert.equal((await vault.settled("203")).archive, "lost");
    const [{ url }] = (await vault.job("203")).files;
    assert.equal((await vault.deliver(completed(source.put(path(203))))).duplicate, true);
    const job = await vault.settled("203");
    assert.deepEqual([job.archive, job.files.length, job.files[0].url], ["stored", 1, url]);
    assert.deepEqual(await vault.outcomes("203"), ["completed:applied", "completed:duplicate"]);
    assert.equal(await text(url), `content of ${path(203)}`);
  });

  test("another result is a new version: the newest is served, older files stay", async () => {
    const names = ["a", "b", "a"];
    for (const [n, name] of names.entries()) {
      const answer = await vault.deliver({ ...completed(source.put(path(204, name))), seed: n });
      assert.equal(answer.duplicate, false);
      const job = await vault.settled("204");
      assert.deepEqual(job.files.map((file) => file.n), [0, 1, 2].slice(0, n + 1), "no n twice");
      assert.equal(job.result.video.data_uri, job.files[n].url);
      assert.equal(job.result.seed, n);
      assert.deepEqual(await json(await vault.get("/jobs/204/result")), job.result);
    }
    const { files, version, duplicates } = await vault.job("204");
    assert.deepEqual([version, duplicates], [6, 0], "three results, three files");
    for (const [n, { url, state }] of files.entries()) {
      assert.equal(state, "stored");
      assert.equal(await text(url), `content of ${path(204, names[n])}`);
    }
    assert.deepEqual(await vault.outcomes("204"), Array(3).fill("completed:applied"));
  });

  test("a different order of keys, or a different number, makes another result", async () => {
    const bodies = ['"a":1,"b":2', '"b":2,"a":1', '"b":2,"a":1.0', '"b":2,"a":1.0'];
    for (const members of bodies) await vault.deliver(`{"eventType":"completed","jobId":"205",${members}}`);
    const outcomes = [...Array(3).fill("completed:applied"), "completed:duplicate"];
    assert.deepEqual(await vault.outcomes("205"), outcomes);
    assert.equal(await (await vault.get("/jobs/205/result")).text(), '{"b":2,"a":1.0}');
  });

  test("another worker or time in the envelope makes no new result", async () => {
    const body = { ...completed(source.put(path(206)), "206"), workerName: "a" };
    await vault.deliver(body);
    const again = await vault.deliver({ ...body, workerName: "b", updatedAt: Date.now() });
    assert.equal(again.duplicate, true);
    assert.equal((await vault.settled("206")).files.length, 1);
  });

  const errors = {
    "a text": ["error", '"out of memory"'],
    "a message": ["message", '"out of memory"'],
    "a detail": ["detail", '[{"loc":["body"],"msg":"bad"}]'],
    "an object": ["error", '{"code":"OOM","detail":{"gpu":7}}'],
    "numbers and an order that must not change": ["error", '{"z":196619188014358660,"a":1.10}'],
    "a number past every range": ["error", '{"c":1e999}'],
    "half a character": ["error", '"\\ud800"'],
  };
  for (const [n, [what, [key, value]]] of Object.entries(errors).entries()) {
    test(`a failure with ${what} as its error`, async () => {
      const id = `22${n}`;
      await vault.deliver(`{"eventType":"failed","jobId":"${id}","${key}":${value}}`);
      const record = await (await vault.get(`/jobs/${id}`)).text();
      assert.ok(record.includes(`"error":${value}`), record);
      const response = await vault.get(`/jobs/${id}/result`);
      const answer = await response.text();
      assert.equal(response.status, 409);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      assert.ok(answer.includes(`"error":${value}`), answer);
      assert.match(JSON.parse(answer).detail, /the job is failed/);
    });
  }

  test("a cancelled job has no result and no error", async () => {
    await vault.deliver(told("cancelled", "230", 1));
    const response = await vault.get("/jobs/230/result");
    assert.equal(response.status, 409);
    const { type, title, status, code, detail, ...more } = await response.json();
    assert.deepEqual([type, title, status, code, more], ["about:blank", "No result", 409, "no-result", {}]);
    assert.match(detail, /the job is cancelled/);
  });

  test("the timeline is complete, in order, and comes in pages", async () => {
    const id = "240";
    const bodies = [acquired(id, 0), told("failed", id, 1), told("retried", id, 2), acquired(id, 3)];
    bodies.push(completed(source.put(path(id)), id), acquired(id, 3));
    for (const body of bodies.slice(0, -1)) await vault.deliver(body);
    await vault.settled(id);
    await vault.deliver(bodies.at(-1));
    const all = await vault.events(id);
    assert.deepEqual(all.map(({ n }) => n), [1, 2, 3, 4, 5, 6, 7]);
    const [copy, last] = all.slice(5);
    const { receivedAt, ...rest } = copy;
    const detail = "file 0: video.mp4 stored, 40 bytes";
    const own = { eventType: null, trust: null, bytes: null, body: null };
    assert.deepEqual(rest, { n: 6, outcome: "copy", detail, ...own });
    assert.ok(receivedAt <= last.receivedAt && last.receivedAt <= Date.now());
    for (const [at, body] of [...bodies.slice(0, 4), null, null, bodies[5]].entries()) {
      if (body === null) continue;
      const { eventType, trust, bytes, body: kept } = all[at];
      const length = JSON.stringify(body).length;
      assert.deepEqual([eventType, trust, bytes, kept], [body.eventType, "token", length, body]);
    }
    const pages = [];
    for (let after = 0; ; ) {
      const { events } = await vault.json(`/jobs/${id}/events?after=${after}&limit=3`);
      if (events.length === 0) break;
      pages.push(events);
      after = events.at(-1).n;
    }
    assert.deepEqual(pages.map((page) => page.length), [3, 3, 1]);
    assert.deepEqual(pages.flat(), all);
  });
});
