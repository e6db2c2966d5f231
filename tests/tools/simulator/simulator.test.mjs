// What the simulator adds for tests: knobs, bad input, files, idle and close, the command line.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { startS3 } from "../../../tools/storage/s3.mjs";
import { joined, memberText } from "../../../tools/simulator/rawjson.mjs";
import { startSimulator } from "../../../tools/simulator/server.mjs";
import { KEY, MODEL, PROMPT, bytesOf, dir, rig, s3, sha256 } from "../support/rig.mjs";

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
  assert.deepEqual(await told({ times: { completed: 3 } }),
    ["acquired", "completed", "completed", "completed"]);
});

test("webhooks with a wrong clock; the URLs are signed by the right one", async (t) => {
  const { hook, run } = await rig(t);
  for (const skewMs of [3_600_000, -3_600_000]) {
    hook.received.length = 0;
    const around = Date.now() + skewMs;
    await run({ ...PROMPT, _sim: { skewMs } });
    const [{ acquiredAt, leaseExpiry, updatedAt }, { video }] = hook.json();
    for (const time of [acquiredAt, updatedAt]) assert.ok(Math.abs(time - around) < 60_000);
    assert.equal(leaseExpiry - acquiredAt, 45_000);
    assert.equal((await fetch(video.data_uri)).status, 200);
  }
});

test("each delivery is tried once and its answer recorded, even if nobody listens", async (t) => {
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
    [await knobs({ webhook: { times: { completed: 0 } } }), 400, "times"],
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

test("server-wide knobs: endpoints fail as often as set, PUT {} resets", async (t) => {
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

test("S3: a taken port and a missing binary are clear errors", async (t) => {
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
    { cwd: new URL("../../..", import.meta.url), stdio: ["ignore", "pipe", "pipe"] });
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
