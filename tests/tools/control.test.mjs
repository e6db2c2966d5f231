// What a test can see and do behind the queue's back: submissions as they arrived, refusals with a
// body of their own, late answers, jobs that are forgotten.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BINARY, KEY, MODEL, PROMPT, rig, until } from "./support/rig.mjs";

const jobs = async (call) => (await call("GET", "/_sim/jobs")).json.jobs;

test("a job shows its submission as it arrived", async (t) => {
  const { simulator, hook, call, job } = await rig(t);
  const path = `/fal/queue/owner/flux/dev?fal_webhook=${encodeURIComponent(hook.url)}&a=%20b`;
  const body = '{ "seed": 1.10, "prompt": "\u00e9" }';
  const headers = { "X-Pipelet-Output": "binary", "X-Fal-Queue-Priority": "low" };
  const { json } = await call("POST", path, { body, headers, key: `Key ${KEY}` });
  await simulator.idle();
  const { submission } = await job(json);
  assert.deepEqual(Object.keys(submission), ["url", "headers", "body"]);
  assert.deepEqual([submission.url, submission.body], [path, body]);
  const { authorization, ...others } = submission.headers;
  assert.equal(authorization, `Key ${KEY}`);
  assert.equal(others["x-pipelet-output"], "binary");
  assert.equal(others["x-fal-queue-priority"], "low");
});

test("all jobs are listed in order of submission, without long bodies", async (t) => {
  const { call, run, job } = await rig(t);
  assert.deepEqual(await jobs(call), []);
  const ofBytes = (bytes) => `{"a":"${"x".repeat(bytes - 8)}"}`;
  const submitted = [
    await run(PROMPT, BINARY, "/fal/queue/owner/flux"),
    await run(ofBytes(4_097)),
    await run(ofBytes(4_096)),
  ];
  const listed = await jobs(call);
  assert.deepEqual(listed.map(({ id }) => id), submitted.map(({ request_id: id }) => id));
  assert.deepEqual(listed.map(({ submission }) => submission.body),
    [JSON.stringify(PROMPT), undefined, ofBytes(4_096)]);
  assert.equal((await job(submitted[1])).submission.body, ofBytes(4_097));
  assert.deepEqual(listed[0], await job(submitted[0]));
});

test("a forgotten job is unknown to every route, and no webhook tells of it", async (t) => {
  const { simulator, hook, call, run, submit } = await rig(t);
  const ended = await run();
  const running = await submit(PROMPT, { ...BINARY, "x-sim": '{"runMs": 60000}' });
  await until("acquired", () => hook.received.length === 3);
  const waiting = await submit(PROMPT, { ...BINARY, "x-sim": '{"queueMs": 60000}' });
  for (const { request_id: id, ...urls } of [ended, running, waiting]) {
    assert.equal((await call("DELETE", `/_sim/jobs/${id}`)).status, 204);
    assert.equal((await call("DELETE", `/_sim/jobs/${id}`)).status, 404);
    assert.equal((await call("GET", `/_sim/jobs/${id}`)).status, 404);
    assert.equal((await call("GET", urls.status_url)).status, 404);
    assert.equal((await call("GET", urls.response_url)).status, 404);
    assert.equal((await call("PUT", urls.cancel_url)).status, 404);
  }
  await simulator.idle();
  assert.deepEqual([await jobs(call), hook.types()], [[], ["acquired", "completed", "acquired"]]);
});
