// The queue as its documentation describes it: submission, events, dialects, status, result, cancellation.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { BINARY, KEY, MODEL, PROMPT, bytesOf, rig, s3, sha256, until } from "../support/rig.mjs";

test("the seed's first way: ?fal_webhook= as it stands in its curl line", async (t) => {
  const { simulator, hook, call } = await rig(t);
  const path = `/queue/${MODEL}?fal_webhook=${hook.url}`;
  const answer = await call("POST", path, { body: PROMPT, headers: BINARY });
  const at = `${simulator.url}/queue/${MODEL}/requests/437852`;
  assert.deepEqual(answer.json, { request_id: "437852", response_url: at,
    status_url: `${at}/status`, cancel_url: `${at}/cancel` });
  await simulator.idle();
  assert.deepEqual(hook.types(), ["acquired", "completed"]);
});

test("the seed's second way: the header; acquired has the seed's shape", async (t) => {
  const { hook, run } = await rig(t);
  await run();
  const [acquired] = hook.json();
  assert.deepEqual(Object.keys(acquired), ["eventType", "queueName", "jobId", "workerName",
    "leaseExpiry", "acquiredAt", "updatedAt", "webhookUrl"]);
  assert.equal(acquired.jobId, 437852);
  assert.equal(acquired.queueName, "free");
  assert.equal(acquired.leaseExpiry - acquired.acquiredAt, 45_000);
  assert.equal(acquired.webhookUrl, hook.url);
  const [{ method, headers }] = hook.received;
  assert.deepEqual([method, headers["content-type"]], ["POST", "application/json"]);
});

test("the api host: ids are text, the webhook URL may be encoded and have a query", async (t) => {
  const { simulator, hook, call } = await rig(t);
  const webhook = encodeURIComponent(`${hook.url}hook/t?app=a&tag=b`);
  const path = `/fal/queue/owner/flux/dev?fal_webhook=${webhook}`;
  const { json } = await call("POST", path, { body: PROMPT, headers: BINARY, key: `Key ${KEY}` });
  assert.match(json.request_id, /^[a-z0-9]{20}$/);
  await simulator.idle();
  assert.equal(hook.received[0].path, "/hook/t?app=a&tag=b");
  assert.deepEqual(hook.json().map(({ jobId }) => jobId), [json.request_id, json.request_id]);
  const subPathDropped = `/fal/queue/owner/flux/requests/${json.request_id}`;
  assert.equal((await call("GET", subPathDropped)).status, 200);
});

test("without a webhook URL a job still completes", async (t) => {
  const { simulator, call, job } = await rig(t);
  const { json } = await call("POST", `/queue/${MODEL}`, { body: PROMPT });
  await simulator.idle();
  const { status, events, deliveries } = await job(json);
  assert.deepEqual([status, events.length, deliveries.length], ["COMPLETED", 2, 0]);
});

test("dialect seed: exactly the seed's completed, one URL twice, no jobId", async (t) => {
  const { hook, run } = await rig(t, { knobs: { dialect: "seed" } });
  await run();
  const completed = hook.json()[1];
  assert.deepEqual(Object.keys(completed), ["eventType", "video"]);
  assert.deepEqual(Object.keys(completed.video), ["data_uri", "data_url"]);
  assert.equal(completed.video.data_uri, completed.video.data_url);
  const { pathname, searchParams } = new URL(completed.video.data_uri);
  const key = "outputs/free/437852_0_WanVideo2_2_I2V_00150.mp4";
  assert.equal(pathname, `/prod-batch-files/${key}`);
  assert.equal(searchParams.get("X-Amz-Expires"), "7200");
});

test("dialect today: jobId as text, preview frames as signed JPEGs", async (t) => {
  const { hook, run, job } = await rig(t, { knobs: { previews: 3 } });
  const submitted = await run();
  const completed = hook.json()[1];
  assert.equal(completed.jobId, "437852");
  assert.equal(completed.preview_fps, 1);
  assert.deepEqual(completed.previews.map(({ index }) => index), [0, 1, 2]);
  const { url, ...frame } = completed.previews[0];
  assert.deepEqual(frame,
    { index: 0, timestamp: 0, width: 320, height: 180, content_type: "image/jpeg" });
  assert.match(url, /\/outputs\/free\/437852_0_preview_000\.jpg\?.*X-Amz-Expires=14400/);
  const bytes = await bytesOf(url);
  assert.equal(bytes.subarray(0, 2).toString("hex"), "ffd8");
  const { previews } = await job(submitted);
  assert.equal(sha256(bytes), previews[0].sha256);
  assert.notEqual(previews[0].sha256, previews[1].sha256);
});

test("dialect base64, the rule without binary: the file itself, inline", async (t) => {
  const { hook, run, job, call } = await rig(t);
  const submitted = await run(PROMPT, {});
  const completed = hook.json()[1];
  assert.deepEqual([completed.jobId, Object.keys(completed.video)], ["437852", ["data_uri"]]);
  assert.match(completed.video.data_uri, /^[A-Za-z0-9+/]+=*$/);
  const { files } = await job(submitted);
  assert.equal(sha256(Buffer.from(completed.video.data_uri, "base64")), files[0].sha256);
  const { json } = await call("GET", submitted.response_url);
  assert.equal(json.video.data_uri, completed.video.data_uri);
  assert.match(completed.previews[0].url, /^http/);
});

test("knob jobId overrides the dialect's rule both ways", async (t) => {
  const { hook, run } = await rig(t, { knobs: { webhook: { lose: ["acquired"] } } });
  await run({ ...PROMPT, _sim: { dialect: "base64", jobId: false } });
  await run({ ...PROMPT, _sim: { dialect: "seed", jobId: true } });
  const [base64, seed] = hook.json();
  assert.equal("jobId" in base64, false);
  assert.equal(seed.jobId, "437853");
});

test("several files come as results too; none leaves the result empty", async (t) => {
  const { hook, run, job } = await rig(t, { knobs: { dialect: "seed" } });
  const several = await run(PROMPT, { ...BINARY, "x-sim": '{"files": 3}' });
  const { results, video } = hook.json()[1];
  assert.equal(results.length, 3);
  assert.equal(results[0], video.data_uri);
  const hashes = await Promise.all(results.map(async (url) => sha256(await bytesOf(url))));
  const { files } = await job(several);
  assert.deepEqual(hashes, files.map((file) => file.sha256));
  assert.equal(new Set(hashes).size, 3);
  await run(PROMPT, { "x-sim": '{"files": 0}' });
  assert.equal(hook.received[3].text, '{"eventType":"completed"}');
});

test("status: queue position, then progress, then the results' URIs", async (t) => {
  const { simulator, submit, call } = await rig(t, { knobs: { queueMs: 60_000, runMs: 1_500 } });
  const waiting = [await submit(), await submit()];
  const status = async ({ status_url: url }) => (await call("GET", url)).json;
  const second = await status(waiting[1]);
  assert.deepEqual([second.status, second.queue_position], ["IN_QUEUE", 1]);
  assert.equal(second.response_url, waiting[1].response_url);
  for (const { cancel_url: url } of waiting) await call("PUT", url);
  const job = await submit(PROMPT, { ...BINARY, "x-sim": '{"queueMs": 0}' });
  await until("in progress", async () => (await status(job)).status === "IN_PROGRESS");
  assert.equal((await call("GET", job.response_url)).status, 400);
  await simulator.idle();
  const done = await status(job);
  assert.equal(done.status, "COMPLETED");
  const uri = "s3://prod-batch-files/outputs/free/437854_0_WanVideo2_2_I2V_00150.mp4";
  assert.deepEqual([done.statusMessages[0].result_uri, done.statusMessages[0].results],
    [uri, [uri]]);
});

test("status: with logs only on request", async (t) => {
  const { simulator, submit, run, call } = await rig(t);
  const { status_url: url } = await run({ ...PROMPT, _sim: { retries: 1 } });
  const { logs, ...without } = (await call("GET", `${url}?logs=1`)).json;
  assert.deepEqual(logs.map(({ message, level }) => [message, level]), [["job acquired", "INFO"],
    ["job failed", "ERROR"], ["job retried", "INFO"], ["job acquired", "INFO"],
    ["job completed", "INFO"]]);
  for (const { timestamp, source } of logs) {
    assert.equal(source, "USER");
    assert.equal(new Date(timestamp).toISOString(), timestamp);
  }
  assert.deepEqual((await call("GET", `${url}?logs=true`)).json.logs, logs);
  for (const query of ["", "?logs=0", "?logs=false"]) {
    assert.deepEqual((await call("GET", url + query)).json, without);
  }
  const waiting = await submit(PROMPT, { "x-sim": '{"queueMs": 60000}' });
  assert.deepEqual((await call("GET", `${waiting.status_url}?logs=1`)).json.logs, []);
  await call("PUT", waiting.cancel_url);
  await simulator.idle();
});

test("result: what the webhook carried, with new signatures on each read", async (t) => {
  const { hook, run, call } = await rig(t);
  const { response_url: url } = await run();
  const { eventType, jobId, ...told } = hook.json()[1];
  assert.deepEqual([eventType, jobId], ["completed", "437852"]);
  const withoutQueries = (value) => JSON.stringify(value).replace(/\?[^"]*/g, "");
  const read = async () => (await call("GET", url)).json;
  const first = await read();
  assert.equal(withoutQueries(first), withoutQueries(told));
  const fresh = await until("another signature", async () => {
    const again = await read();
    return again.video.data_uri !== first.video.data_uri && again;
  });
  for (const result of [first, fresh]) {
    assert.equal((await fetch(result.video.data_uri)).status, 200);
  }
});

test("a presigned URL gives 200, then 403 when its second is over; a changed one always 403", async (t) => {
  const { hook, run } = await rig(t);
  // Signatures count whole seconds: a URL with a validity of one second, signed late in a second, expires at once.
  const url = await until("a URL that lives", async () => {
    await run(PROMPT, { ...BINARY, "x-sim": '{"expiresIn": 1}' });
    const { video } = hook.json().at(-1);
    return (await fetch(video.data_uri)).status === 200 && video.data_uri;
  });
  assert.equal((await fetch(url.replace("Expires=1&", "Expires=9&"))).status, 403);
  await until("403", async () => (await fetch(url)).status === 403);
  assert.match(await (await fetch(url)).text(), /Request has expired/);
});

test("cancel: 204 while waiting, 409 afterwards", async (t) => {
  const { simulator, hook, submit, run, call } = await rig(t, { knobs: { queueMs: 60_000 } });
  const { cancel_url: url, status_url: statusUrl, response_url: resultUrl } = await submit();
  assert.equal((await call("PUT", url)).status, 204);
  assert.equal((await call("PUT", url)).status, 409);
  await simulator.idle();
  assert.deepEqual(hook.types(), ["cancelled"]);
  assert.equal((await call("GET", statusUrl)).json.status, "CANCELLED");
  assert.equal((await call("GET", resultUrl)).status, 422);
  const ended = await run(PROMPT, { "x-sim": '{"queueMs": 0}' });
  assert.equal((await call("PUT", ended.cancel_url)).status, 409);
});

test("a failed job: the error in webhook and result", async (t) => {
  const { hook, run, call } = await rig(t, { knobs: { outcome: "failed", error: { code: 7 } } });
  const { response_url: url } = await run();
  assert.deepEqual(hook.types(), ["acquired", "failed"]);
  assert.deepEqual(hook.json()[1].error, { code: 7 });
  const { status, json } = await call("GET", url);
  assert.deepEqual([status, json], [422, { detail: { code: 7 } }]);
});

test("retries, and an outcome of cancelled", async (t) => {
  const { hook, run, job } = await rig(t);
  const retried = await run({ ...PROMPT, _sim: { retries: 2 } });
  assert.deepEqual(hook.types(), ["acquired", "failed", "retried", "acquired", "failed",
    "retried", "acquired", "completed"]);
  assert.equal((await job(retried)).attempt, 3);
  hook.received.length = 0;
  await run({ ...PROMPT, _sim: { outcome: "cancelled" } });
  assert.deepEqual(hook.types(), ["acquired", "cancelled"]);
});
