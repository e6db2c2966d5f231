// The queue simulator and its S3 server, from outside: over HTTP, with a recorder for webhooks.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startS3 } from "../../tools/s3.mjs";
import { joined, memberText } from "../../tools/simulator/rawjson.mjs";
import { startSimulator } from "../../tools/simulator/server.mjs";

const KEY = "dev-upstream-key";
const MODEL = "wan22-fast-t2v";
const PROMPT = { prompt: "A photo of an astronaut riding a horse." };
const FAST = { queueMs: 0, runMs: 0, size: 4_096 };
const BINARY = { "x-pipelet-output": "binary" };
const DEADLINE_MS = 10_000;

let s3;
let dir;
before(async () => {
  dir = mkdtempSync(join(tmpdir(), "hookvault-s3-"));
  s3 = await startS3({ dir });
});
after(async () => {
  await s3.stop();
  rmSync(dir, { recursive: true });
});

/** A webhook endpoint that keeps what it is sent. */
async function startRecorder(status = 200) {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    received.push({ method: request.method, path: request.url, headers: request.headers, text });
    response.writeHead(status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const json = () => received.map(({ text }) => JSON.parse(text));
  const types = () => json().map(({ eventType }) => eventType);
  return { url: `http://127.0.0.1:${server.address().port}/`, received, json, types, close };
}

/** Simulator and recorder of one test; work left behind at its end fails the test. */
async function rig(t, { knobs = {}, hookStatus, ...options } = {}) {
  const hook = await startRecorder(hookStatus);
  t.after(hook.close);
  const simulator = await startSimulator({ s3, knobs: { ...FAST, ...knobs }, ...options });
  t.after(() => simulator.close());
  const call = async (method, path, { body, headers, key = `Bearer ${KEY}` } = {}) => {
    const url = path.startsWith("http") ? path : simulator.url + path;
    const request = { method, headers: { ...(key && { authorization: key }), ...headers } };
    if (body !== undefined) request.body = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(url, request);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
  };
  const submit = async (body = PROMPT, headers = BINARY, path = `/queue/${MODEL}`) => {
    const sent = { "x-pipelet-webhook": hook.url, ...headers };
    const answer = await call("POST", path, { body, headers: sent });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };
  const run = async (...given) => {
    const submitted = await submit(...given);
    await simulator.idle();
    return submitted;
  };
  const job = async ({ request_id: id }) => (await call("GET", `/_sim/jobs/${id}`)).json;
  return { simulator, hook, call, submit, run, job };
}

/** Polls until the probe gives something; the deadline is for failures, not a wait. */
async function until(what, probe) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const value = await probe();
    if (value) return value;
    assert.ok(Date.now() < deadline, `not within ${DEADLINE_MS} ms: ${what}`);
    await sleep(20);
  }
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const bytesOf = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());

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

test("without a webhook URL a job completes all the same", async (t) => {
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
    { index: 0, timestamp: 0, width: 64, height: 36, content_type: "image/jpeg" });
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

test("result: what the webhook carried, its URLs signed anew on each read", async (t) => {
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

test("a presigned URL is 200, then 403 when its second is over; tampered never", async (t) => {
  const { hook, run } = await rig(t);
  // Signatures count whole seconds: signed late in one, a URL of one second is dead at once.
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

test("download signs any output of the bucket", async (t) => {
  const { run, job, call } = await rig(t);
  const { files: [{ key, sha256: hash }] } = await job(await run());
  const { json } = await call("GET", `/fal/download/prod-batch-files/${key}`);
  assert.deepEqual([json.key, json.r2_uri], [key, `r2://prod-batch-files/${key}`]);
  assert.equal(sha256(await bytesOf(json.url)), hash);
  assert.equal((await call("GET", "/fal/download/prod-batch-files/outputs/no")).status, 404);
  assert.equal((await call("GET", `/fal/download/other/${key}`)).status, 404);
});

test("webhooks lost, doubled, late and in another order", async (t) => {
  const { hook, run } = await rig(t);
  const told = async (webhook) => {
    hook.received.length = 0;
    await run({ ...PROMPT, _sim: { webhook } });
    return hook.types();
  };
  assert.deepEqual(await told({ lose: ["completed"] }), ["acquired"]);
  assert.deepEqual(await told({ double: ["completed"] }), ["acquired", "completed", "completed"]);
  assert.equal(hook.received[1].text, hook.received[2].text);
  assert.deepEqual(await told({ delayMs: { acquired: 1_000 } }), ["completed", "acquired"]);
  assert.deepEqual(await told({ order: ["completed", "acquired"] }), ["completed", "acquired"]);
});

test("each delivery is tried once and its answer recorded, also when nobody listens", async (t) => {
  const { simulator, hook, run, job, call } = await rig(t, { hookStatus: 503 });
  const { deliveries } = await job(await run());
  assert.deepEqual(deliveries.map(({ eventType, status }) => [eventType, status]),
    [["acquired", 503], ["completed", 503]]);
  assert.equal(deliveries[1].sha256, sha256(hook.received[1].text));
  assert.equal(deliveries[1].bytes, hook.received[1].text.length);
  hook.close();
  const { json } = await call("POST", `/queue/${MODEL}?fal_webhook=${hook.url}`, { body: {} });
  await simulator.idle();
  const [unheard] = (await job(json)).deliveries;
  assert.equal(unheard.status, null);
  assert.match(unheard.error, /ECONNREFUSED/);
});

test("a key is needed: Bearer or Key, one of the tokens", async (t) => {
  const { call, run } = await rig(t, { token: ["dev-upstream-key", "another-key"] });
  for (const key of [null, "Bearer wrong", KEY, "Basic abc", "Bearer "]) {
    assert.equal((await call("POST", `/queue/${MODEL}`, { body: PROMPT, key })).status, 401);
  }
  const { response_url: url } = await run();
  assert.equal((await call("GET", url, { key: null })).status, 401);
  assert.equal((await call("GET", url, { key: "Key another-key" })).status, 200);
});

test("bad input is answered with a detail that names it", async (t) => {
  const { call, run } = await rig(t);
  await run();
  const post = (body, headers, path = `/queue/${MODEL}`) =>
    call("POST", path, { body, headers });
  const knobs = (sim) => post({ _sim: sim });
  const cases = [
    [await post("{nope"), 400, "{nope"],
    [await post("[1]"), 400, "[1]"],
    [await post(PROMPT, {}, `/queue/${MODEL}?fal_webhook=nowhere`), 400, "nowhere"],
    [await post(PROMPT, { "x-pipelet-webhook": "ftp://a/" }), 400, "ftp://a/"],
    [await post(PROMPT, { "x-sim": "{" }), 400, "x-sim"],
    [await post(PROMPT, {}, "/queue/no%20model"), 400, "no model"],
    [await knobs({ speed: 1 }), 400, "speed"],
    [await knobs(JSON.parse('{"__proto__": 1}')), 400, "__proto__"],
    [await knobs({ runMs: -1 }), 400, "-1"],
    [await knobs({ size: 1.5 }), 400, "1.5"],
    [await knobs({ dialect: "klingon" }), 400, "klingon"],
    [await knobs({ outcome: "acquired" }), 400, "outcome"],
    [await knobs({ webhook: { lose: ["done"] } }), 400, "done"],
    [await knobs({ fail: {} }), 400, "/_sim/knobs"],
    [await call("PUT", "/_sim/knobs", { body: { fail: { status: { status: 200, times: 1 } } } }),
      400, "fail"],
    [await call("GET", `/queue/${MODEL}/requests/nope`), 400, "nope"],
    [await call("GET", `/queue/${MODEL}/requests/1`), 404, "1"],
    [await call("GET", "/queue/other/requests/437852"), 404, "other"],
    [await call("GET", "/elsewhere"), 404, "elsewhere"],
    [await call("DELETE", `/queue/${MODEL}/requests/437852`), 405, "DELETE"],
    [await call("GET", "/_sim/jobs/1"), 404, "1"],
  ];
  for (const [{ status, json }, wanted, named] of cases) {
    assert.equal(status, wanted, json?.detail);
    assert.ok(json.detail.includes(named), json.detail);
  }
});

test("the input's seed comes back as it was written", async (t) => {
  const { hook, run, call } = await rig(t);
  for (const seed of ["196619188014358660", "1.10", "-0", "1E400"]) {
    hook.received.length = 0;
    const { response_url: url } = await run(`{"a":{"seed":1}, "seed" : ${seed} ,"b":[{}]}`);
    assert.ok(hook.received[1].text.endsWith(`,"seed":${seed}}`), hook.received[1].text);
    assert.ok((await call("GET", url)).text.endsWith(`,"seed":${seed}}`));
  }
});

test("raw JSON: members are found whatever surrounds them", () => {
  assert.equal(memberText('{"seed":1,"x":"},{\\"","seed":[1, {"a":2.0}]}', "seed"),
    '[1, {"a":2.0}]');
  assert.equal(memberText('{"s\\u0065ed":"a\\\\"}', "seed"), '"a\\\\"');
  assert.equal(memberText('{ }', "seed"), undefined);
  assert.equal(memberText(`{"image":"${"A".repeat(40_000_000)}","seed":1.10}`, "seed"), "1.10");
  assert.equal(joined("{}", '{"a":1.0}'), '{"a":1.0}');
  assert.equal(joined('{"b":2}', "{ }"), '{"b":2}');
});

test("files are what the job says: 8 MiB streamed, and sizes below the head", async (t) => {
  const { hook, run, job } = await rig(t, { knobs: { dialect: "seed" } });
  for (const size of [8 * 1024 * 1024, 65_537, 10, 1, 0]) {
    hook.received.length = 0;
    const { files: [file] } = await job(await run({ ...PROMPT, _sim: { size } }));
    const bytes = await bytesOf(hook.json()[1].video.data_uri);
    assert.deepEqual([bytes.length, sha256(bytes)], [size, file.sha256]);
    if (size > 40) assert.equal(bytes.subarray(4, 12).toString(), "ftypisom");
  }
});

test("server-wide knobs: endpoints fail as often as told, PUT {} resets", async (t) => {
  const { run, call } = await rig(t);
  const { status_url: url } = await run();
  const fail = { status: { status: 503, times: 2 }, submit: { status: 429, times: 1 } };
  assert.equal((await call("PUT", "/_sim/knobs", { body: { fail, files: 2 } })).status, 200);
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await call("GET", url)).status);
  assert.deepEqual(statuses, [503, 503, 200]);
  assert.equal((await call("POST", `/queue/${MODEL}`, { body: {} })).status, 429);
  const left = (await call("GET", "/_sim/knobs")).json;
  assert.deepEqual([left.fail.status.times, left.files, left.runMs], [0, 2, 0]);
  const reset = (await call("PUT", "/_sim/knobs", { body: {} })).json;
  assert.deepEqual([reset.fail, reset.files], [{}, 1]);
});

test("closing with work left rejects and names it, unless told to abandon it", async () => {
  const submit = async (simulator) => fetch(`${simulator.url}/queue/${MODEL}`,
    { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: "{}" });
  const knobs = { queueMs: 60_000 };
  const first = await startSimulator({ s3, knobs });
  await submit(first);
  await assert.rejects(first.close(), /work left: job 437852/);
  const second = await startSimulator({ s3, knobs });
  await submit(second);
  await second.close({ abandon: true });
});

test("a simulator that cannot store says so in idle", async (t) => {
  const doomed = { ...s3, secretKey: "wrong" };
  const { simulator, submit } = await rig(t, { s3: doomed });
  await submit();
  await assert.rejects(simulator.idle(), /the simulator itself failed/);
});

test("S3: what is stored survives a restart", async (t) => {
  const place = mkdtempSync(join(tmpdir(), "hookvault-s3-"));
  t.after(() => rmSync(place, { recursive: true }));
  const first = await startS3({ dir: place });
  const { run, job } = await rig(t, { s3: first });
  const { files: [{ key, sha256: hash }] } = await job(await run());
  await first.stop();
  const second = await startS3({ dir: place });
  t.after(second.stop);
  const { call } = await rig(t, { s3: second });
  const { json } = await call("GET", `/fal/download/prod-batch-files/${key}`);
  assert.equal(sha256(await bytesOf(json.url)), hash);
});

test("S3: a taken port and a missing binary are said clearly", async (t) => {
  await assert.rejects(startS3({ dir, port: s3.port }), /EADDRINUSE/);
  const { HOOKVAULT_TOOLS_BIN: bin } = process.env;
  process.env.HOOKVAULT_TOOLS_BIN = dir;
  t.after(() => {
    if (bin === undefined) delete process.env.HOOKVAULT_TOOLS_BIN;
    else process.env.HOOKVAULT_TOOLS_BIN = bin;
  });
  await assert.rejects(startS3({ dir }), /npm run setup/);
});

test("the command line: starts both, stops both, refuses what it does not know", async (t) => {
  const place = mkdtempSync(join(tmpdir(), "hookvault-s3-"));
  t.after(() => rmSync(place, { recursive: true }));
  const start = (...flags) => spawn(process.execPath, ["tools/simulator/main.mjs", ...flags],
    { cwd: new URL("../..", import.meta.url), stdio: ["ignore", "pipe", "pipe"] });
  const flags = ["--port", "0", "--s3-port", "0", "--dir", place, "--first-id", "5"];
  const child = start(...flags, "--run-ms", "3", "--token", "t-1");
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const url = (await lines.next()).value.match(/http:\S+\/queue/)[0];
  const bucket = (await lines.next()).value.match(/http:\S+/)[0];
  const answer = await fetch(`${url}/m`,
    { method: "POST", headers: { authorization: "Bearer t-1" }, body: "{}" });
  assert.equal((await answer.json()).request_id, "5");
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  await assert.rejects(fetch(bucket));
  for (const bad of [["--speed", "1"], ["--run-ms", "x"], ["--dialect", "klingon", ...flags]]) {
    assert.deepEqual(await once(start(...bad), "exit"), [1, null]);
  }
});
