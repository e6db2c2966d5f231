// What a test can see and do apart from the queue's own routes. These are submissions as they arrived, refusals with
// their own body, late answers, and forgotten jobs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startSimulator } from "../../../tools/simulator/server.mjs";
import { BINARY, KEY, MODEL, PROMPT, rig, s3, until } from "../support/rig.mjs";

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

test("a forgotten job is unknown to every route, and sends no webhook", async (t) => {
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

test("knob fail: a refusal with its own body and headers, then the usual answers", async (t) => {
  const { simulator, call } = await rig(t);
  const body = { detail: [{ loc: ["body", "prompt"], msg: "field required" }] };
  const headers = { "retry-after": "3", "content-type": "application/problem+json" };
  const submit = (one) => call("PUT", "/_sim/knobs", { body: { fail: { submit: one } } });
  const post = () => call("POST", `/queue/${MODEL}`, { body: PROMPT });
  assert.equal((await submit({ status: 422, times: 1, body, headers })).status, 200);
  const answer = await post();
  assert.deepEqual([answer.status, JSON.parse(answer.text)], [422, body]);
  for (const [name, value] of Object.entries(headers)) {
    assert.equal(answer.headers.get(name), value);
  }
  assert.equal((await post()).status, 200);
  await submit({ status: 402, times: 1, body: null });
  assert.deepEqual([(await post()).text, (await jobs(call)).length], ["null", 1]);
  await submit({ status: 429, times: 1 });
  assert.deepEqual((await post()).json, { detail: "knob fail: submit" });
  await simulator.idle();
});

test("knobs fail and stallMs are checked, and are for the whole server only", async (t) => {
  const { call } = await rig(t);
  const fault = (more) => ({ fail: { submit: { status: 429, times: 1, ...more } } });
  const wrong = [fault({ headers: ["a"] }), fault({ headers: { a: 1 } }),
    fault({ headers: { "a b": "c" } }), fault({ headers: { a: "b\nc" } }),
    fault({ headers: { "Retry-After": "1" } }), fault({ text: "" }), { stallMs: 500 },
    { stallMs: { submit: -1 } }, { stallMs: { nothing: 1 } }];
  for (const knobs of wrong) {
    const { status, json } = await call("PUT", "/_sim/knobs", { body: knobs });
    assert.equal(status, 400, JSON.stringify(knobs));
    assert.match(json.detail, new RegExp(`knob ${Object.keys(knobs)[0]} must be`));
  }
  const { json } = await call("POST", `/queue/${MODEL}`, { body: { _sim: { stallMs: {} } } });
  assert.match(json.detail, /knob stallMs is for the whole server/);
});

test("knob stallMs: the job runs while the answer to its submission is late", async (t) => {
  const { hook, call, submit } = await rig(t);
  const stallMs = (ms) => call("PUT", "/_sim/knobs", { body: { stallMs: { submit: ms } } });
  await stallMs(1_500);
  const start = performance.now();
  const { status_url: url } = await submit();
  const late = performance.now();
  assert.ok(late - start >= 1_499, `${late - start} ms`);
  assert.equal((await call("GET", url)).json.status, "COMPLETED");
  await stallMs(600_000);
  const signal = AbortSignal.timeout(200);
  const headers = { authorization: `Bearer ${KEY}`, "x-pipelet-webhook": hook.url };
  const request = { method: "POST", body: "{}", headers, signal };
  const place = new URL(url).origin;
  await assert.rejects(fetch(`${place}/queue/${MODEL}`, request), { name: "TimeoutError" });
  await until("both completed", () => hook.received.length === 4);
  assert.equal((await jobs(call)).length, 2);
});

test("a stalled answer does not keep the simulator from closing", async () => {
  const simulator = await startSimulator({ s3, knobs: { stallMs: { download: 600_000 } } });
  const headers = { authorization: `Bearer ${KEY}` };
  const asked = fetch(`${simulator.url}/fal/download/other/a`, { headers });
  // The simulator handles requests in their order, so the first one has begun.
  await fetch(simulator.url);
  await Promise.all([assert.rejects(asked), simulator.close()]);
});
