// fal's own JavaScript client through the proxy, with only the proxy's URL set: against fal.ai with FAL_KEY, and
// without it against the queue at UPSTREAM_FAL_URL.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { falJs } from "../../support/programs/clients.mjs";
import { content, startFalAi } from "../../support/fal/ai.mjs";
import { stopAll } from "../../support/stop.mjs";
import { ticketed } from "../../support/tickets.mjs";
import { startUpstream, UPSTREAM_KEY } from "../../support/servers/upstream.mjs";
import { startVault } from "../../support/vault.mjs";

const APP = "fal-ai/flux";
const FAL_KEY = "fal-key-0123456789";
const BIG = "196619188014358660";
const POLL = { pollInterval: 50 };

describe("through the proxy to fal.ai", () => {
  const url = (name) => `https://v3.fal.media/files/${name}.png`;
  const result = (name) => `{"images":[{"url":"${url(name)}","width":8}],"seed":${BIG},"prompt":"x"}`;
  let fal, vault, client;
  before(async () => {
    fal = await startFalAi();
    vault = await startVault({ change: fal.change, vars: { FAL_KEY } });
    client = falJs({ proxy: await ticketed(vault, { apps: [`${APP}/dev`] }) });
  });
  after(() => stopAll(vault, fal));

  const submit = async () => {
    const { request_id: id } = await client.queue.submit(`${APP}/dev`, { input: { prompt: "x" } });
    return id;
  };

  it("a job is submitted, followed, completed by fal's signed webhook, and read", async () => {
    const requestId = await submit();
    vault.watch(requestId);
    assert.equal((await client.queue.status(APP, { requestId, logs: true })).status, "IN_QUEUE");
    fal.start(requestId);
    assert.equal((await client.queue.status(APP, { requestId })).status, "IN_PROGRESS");
    await assert.rejects(client.queue.result(APP, { requestId }), { status: 400 });
    assert.equal(await fal.complete(requestId, result("a")), 200);
    assert.equal((await client.queue.subscribeToStatus(APP, { requestId, ...POLL })).status, "COMPLETED");
    const told = await client.queue.result(APP, { requestId });
    assert.equal(told.requestId, requestId);
    const file = await fetch(told.data.images[0].url);
    assert.ok(told.data.images[0].url.startsWith(`${vault.url}/files/`));
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), content(url("a")));
    const job = await vault.settled(requestId);
    assert.deepEqual([job.status, job.archive, job.provider, job.app], ["completed", "stored", "fal", `${APP}/dev`]);
    assert.match(await (await vault.get(`/jobs/${requestId}/result`)).text(), new RegExp(`"seed":${BIG},`));
    assert.deepEqual(await vault.outcomes(requestId), ["completed:applied"]);
  });

  it("subscribes by polling and by streaming", async () => {
    for (const mode of ["polling", "streaming"]) {
      const { data } = await client.subscribe(`${APP}/dev`, { input: { prompt: mode }, mode, ...POLL,
        onEnqueue: async (id) => {
          vault.watch(id);
          fal.start(id);
          await fal.complete(id, result(mode));
        } });
      assert.ok(data.images[0].url.startsWith(`${vault.url}/files/`), mode);
    }
  });

  it("streams each status up to the last", async () => {
    const requestId = await submit();
    vault.watch(requestId);
    const stream = await client.queue.streamStatus(APP, { requestId, logs: true });
    const seen = [];
    for await (const { status } of stream) {
      seen.push(status);
      if (seen.length === 1) await fal.complete(requestId, result("s"));
    }
    assert.deepEqual([seen[0], seen.at(-1)], ["IN_QUEUE", "COMPLETED"]);
  });

  it("has the result although no webhook arrived", async () => {
    const requestId = await submit();
    vault.watch(requestId);
    await fal.complete(requestId, result("silent"), { silent: true });
    await client.queue.subscribeToStatus(APP, { requestId, ...POLL });
    const { data } = await client.queue.result(APP, { requestId });
    assert.ok(data.images[0].url.startsWith(`${vault.url}/files/`));
    await vault.settled(requestId);
  });

  it("gets a failure in fal's words", async () => {
    const failing = client.subscribe(`${APP}/dev`, { input: { prompt: "bad" }, ...POLL, onEnqueue: async (id) => {
      vault.watch(id);
      await fal.fail(id, "Invalid input", '{"detail":[{"loc":["body","prompt"],"msg":"too short","type":"value_error"}]}');
    } });
    await assert.rejects(failing, (error) => {
      assert.equal(error.status, 422);
      assert.match(`${error.message} ${JSON.stringify(error.body)}`, /Invalid input|too short/);
      return true;
    });
  });

  it("streams a direct run, event by event", async () => {
    const open = falJs({ proxy: await ticketed(vault) });
    const target = `https://fal.run/${APP}/stream`;
    fal.on(target, (response) => response.writeHead(200, { "content-type": "text/event-stream" })
      .end('data: {"step":1}\n\ndata: {"step":2}\n\n'));
    const stream = await open.stream(APP, { input: { prompt: "x" } });
    assert.deepEqual(await stream.done(), { step: 2 });
  });

  it("cancels at fal, with fal's key", async () => {
    const requestId = await submit();
    fal.seen();
    await client.queue.cancel(APP, { requestId });
    const asked = fal.seen().find(({ method }) => method === "PUT");
    assert.equal(asked.line, `PUT https://queue.fal.run/${APP}/requests/${requestId}/cancel`);
    assert.equal(asked.authorization, `Key ${FAL_KEY}`);
    await fal.complete(requestId, result("late"));
    vault.watch(requestId);
    await vault.settled(requestId);
    await assert.rejects(client.queue.cancel(APP, { requestId }), { status: 400, message: /has ended; read its result/ });
  });

  it("runs at once, and uploads an input", async () => {
    const open = falJs({ proxy: await ticketed(vault) });
    assert.deepEqual((await open.run(APP, { input: { prompt: "x" } })).data, { asked: `POST https://fal.run/${APP}` });
    fal.on("https://rest.fal.ai/storage/upload/initiate", (response, request, seen) => {
      assert.equal(seen.authorization, `Key ${FAL_KEY}`);
      const [upload_url, file_url] = ["https://v3.fal.media/put", "https://v3.fal.media/files/in.png"];
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ upload_url, file_url }));
    });
    const sent = [];
    const own = async (target, init) => {
      if (!String(target).startsWith(vault.url)) return sent.push([String(target), init.method]), new Response("{}");
      return fetch(target, init);
    };
    const uploads = falJs({ proxy: await ticketed(vault, { apps: [APP] }), more: { fetch: own } });
    const at = await uploads.storage.upload(new Blob(["png"], { type: "image/png" }));
    assert.equal(at, "https://v3.fal.media/files/in.png");
    assert.deepEqual(sent, [["https://v3.fal.media/put", "PUT"]]);
  });
});

describe("through the proxy to the queue at UPSTREAM_FAL_URL", () => {
  let upstream, vault, client;
  before(async () => {
    upstream = await startUpstream({ knobs: { queueMs: 200, runMs: 300, size: 4_096 } });
    vault = await startVault({ sources: upstream.sources, vars: upstream.vars });
    client = falJs({ proxy: await ticketed(vault) });
  });
  after(() => stopAll(vault, upstream));

  const input = (sim = {}) => ({ prompt: "x", _sim: sim });

  it("a job has its whole life", async () => {
    const { request_id: requestId } = await client.queue.submit(`${APP}/dev`, { input: input({ queueMs: 3_000 }) });
    vault.watch(requestId);
    assert.match((await client.queue.status(APP, { requestId, logs: true })).status, /^IN_/);
    const stream = await client.queue.streamStatus(APP, { requestId });
    assert.equal((await stream.done()).status, "COMPLETED");
    assert.equal((await client.queue.subscribeToStatus(APP, { requestId, ...POLL })).status, "COMPLETED");
    const { data } = await client.queue.result(APP, { requestId });
    assert.ok(data.image.data_uri.startsWith(`${vault.url}/files/`));
    const { submission } = await upstream.job(requestId);
    assert.equal(submission.headers.authorization, `Key ${UPSTREAM_KEY}`);
    assert.equal(submission.headers["x-pipelet-output"], "binary");
    await vault.settled(requestId);
  });

  it("subscribes by polling and by streaming", async () => {
    for (const mode of ["polling", "streaming"]) {
      const { data } = await client.subscribe(APP, { input: input(), mode, ...POLL, onEnqueue: (id) => vault.watch(id) });
      assert.ok(data.image.data_uri.startsWith(`${vault.url}/files/`), mode);
    }
  });

  it("cancels, and gets a failure", async () => {
    const { request_id: requestId } = await client.queue.submit(APP, { input: input({ queueMs: 60_000 }) });
    vault.watch(requestId);
    await client.queue.cancel(APP, { requestId });
    await vault.settled(requestId);
    await assert.rejects(client.queue.cancel(APP, { requestId }), { status: 400 });
    const failing = client.subscribe(APP, { input: input({ outcome: "failed", error: "out of memory" }), ...POLL,
      onEnqueue: (id) => vault.watch(id) });
    await assert.rejects(failing, { status: 422, message: "out of memory" });
  });

  it("calls outside the queue need FAL_KEY", async () => {
    await assert.rejects(client.run(APP, { input: input(), retry: { maxRetries: 0 } }), ({ status, message }) => {
      assert.deepEqual([status, /FAL_KEY/.test(message)], [503, true]);
      return true;
    });
  });
});
