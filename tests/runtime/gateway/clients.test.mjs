// fal's own clients, unmodified, through the gateway: only the address and the key are configured.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { falJs, falPython, overTls, tlsFront, told, trustCertificate } from "../support/programs/clients.mjs";
import { pythonClients } from "../../../tools/setup/python.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";

const APP = "fal-ai/wan22";
const PREFIX = "/fal/queue";
let upstream;
before(async () => {
  upstream = await startUpstream({ knobs: { queueMs: 300, runMs: 700, size: 4_096 } });
});
after(() => upstream.stop());

const SEED = 196619188014358;

describe("the JavaScript client", () => {
  let vault, fal;
  before(async () => {
    vault = await startVault({ sources: upstream.sources, vars: upstream.vars });
    vault.expectErrors(/disconnected/);
    fal = falJs({ url: vault.url, prefix: PREFIX, key: API_TOKEN });
  });
  after(() => vault.stop());

  const input = (sim = {}) => ({ prompt: "x", seed: SEED, _sim: sim });

  it("submits, asks, and reads the result", async () => {
    const { request_id: requestId } = await fal.queue.submit(APP, { input: input() });
    vault.watch(requestId);
    const status = await fal.queue.status(APP, { requestId, logs: true });
    assert.match(status.status, /^IN_(QUEUE|PROGRESS)$/);
    const done = await fal.queue.subscribeToStatus(APP, { requestId, pollInterval: 100 });
    assert.equal(done.status, "COMPLETED");
    const result = await fal.queue.result(APP, { requestId });
    assert.equal(result.requestId, requestId);
    assert.equal(result.data.seed, SEED);
    assert.ok(result.data.video.data_uri.startsWith(`${vault.url}/files/`));
  });

  it("subscribes by polling and by streaming, also with a sub path", async () => {
    for (const mode of ["polling", "streaming"]) {
      const seen = [];
      const result = await fal.subscribe(`${APP}/fast`, {
        input: input(), mode, pollInterval: 100, onQueueUpdate: ({ status }) => seen.push(status),
        onEnqueue: (id) => vault.watch(id),
      });
      assert.equal(seen.at(-1), "COMPLETED", mode);
      assert.ok(result.data.video.data_uri.startsWith(`${vault.url}/files/`));
    }
  });

  it("streams the status", async () => {
    const { request_id: requestId } = await fal.queue.submit(APP, { input: input() });
    vault.watch(requestId);
    const seen = [];
    const stream = await fal.queue.streamStatus(APP, { requestId, logs: true });
    for await (const { status } of stream) seen.push(status);
    await stream.done();
    assert.equal(seen.at(-1), "COMPLETED");
  });

  it("cancels", async () => {
    const { request_id: requestId } = await fal.queue.submit(APP, { input: input({ queueMs: 60_000 }) });
    vault.watch(requestId);
    await fal.queue.cancel(APP, { requestId });
    await vault.settled(requestId);
    await assert.rejects(fal.queue.cancel(APP, { requestId }), { status: 400 });
    await assert.rejects(fal.queue.result(APP, { requestId }), { status: 422 });
  });

  it("gets a failure", async () => {
    const failing = fal.subscribe(APP, { input: input({ outcome: "failed", error: "out of memory" }), pollInterval: 100,
      onEnqueue: (id) => vault.watch(id) });
    await assert.rejects(failing, (error) => {
      assert.equal(error.status, 422);
      assert.match(JSON.stringify(error.body), /out of memory/);
      return true;
    });
  });
});

describe("the Python client", { skip: lacking("python3 with venv", "openssl") }, () => {
  let vault, door;
  before(async () => {
    await pythonClients.ensure();
    trustCertificate();
    vault = await startVault({ sources: upstream.sources, vars: upstream.vars, change: overTls });
    vault.expectErrors(/disconnected/);
    door = await tlsFront(vault.url);
  });
  after(() => stopAll(vault, door));

  const run = (script) => told(falPython(script, { host: door.host + PREFIX, key: API_TOKEN, limitMs: 60_000 }));

  it("submits, asks with logs, gets, and subscribes", async () => {
    const seen = await run(`
handle = fal_client.submit("${APP}", arguments={"prompt": "x", "seed": ${SEED}})
statuses = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.1)]
result = handle.get()
again = fal_client.subscribe("${APP}/fast", arguments={"prompt": "y"}, with_logs=True)
print(json.dumps({"id": handle.request_id, "statuses": statuses, "result": result, "again": again}))
`);
    vault.watch(seen.id);
    assert.equal(seen.statuses.at(-1), "Completed");
    assert.equal(seen.result.seed, SEED);
    assert.ok(seen.result.video.data_uri.startsWith("https://"));
    assert.match(seen.again.video.data_uri, /\/files\//);
  });

  it("does the same asynchronously", async () => {
    const seen = await run(`
import asyncio
async def main():
    handle = await fal_client.submit_async("${APP}", arguments={"prompt": "z"})
    status = await handle.status(with_logs=True)
    result = await handle.get()
    again = await fal_client.subscribe_async("${APP}", arguments={"prompt": "w"})
    print(json.dumps({"id": handle.request_id, "status": type(status).__name__, "result": result, "again": again}))
asyncio.run(main())
`);
    vault.watch(seen.id);
    assert.match(seen.status, /Queued|InProgress|Completed/);
    assert.match(seen.result.video.data_uri, /\/files\//);
    assert.match(seen.again.video.data_uri, /\/files\//);
  });

  it("cancels, and the second time learns that it is too late", async () => {
    const seen = await run(`
handle = fal_client.submit("${APP}", arguments={"_sim": {"queueMs": 60000}})
handle.cancel()
import time
for _ in range(100):
    if isinstance(handle.status(), fal_client.Completed): break
    time.sleep(0.1)
try:
    handle.cancel()
    late = None
except Exception as error:
    late = str(error)
try:
    handle.get()
    result = None
except Exception as error:
    result = str(error)
print(json.dumps({"id": handle.request_id, "late": late, "result": result}))
`);
    vault.watch(seen.id);
    assert.match(seen.late, /has ended; read its result/);
    assert.match(seen.result, /cancelled/);
  });

  it("gets a failure", async () => {
    const seen = await run(`
try:
    fal_client.subscribe("${APP}", arguments={"_sim": {"outcome": "failed", "error": "out of memory"}})
    error = None
except Exception as problem:
    error = str(problem)
print(json.dumps({"error": error}))
`);
    assert.match(seen.error, /out of memory/);
  });
});
