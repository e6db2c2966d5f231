// `createWebhook` with the AI SDK's own `experimental_generateVideo`: a model of the simulator's queue calls hookvault,
// which needs no receiver in this program.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { experimental_generateVideo as generateVideo } from "ai";
import { HookVault } from "hookvault/client";
import { createWebhook } from "hookvault/client/ai";
import { sha256, startUpstream, UPSTREAM_KEY } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";

const APP = "wan22-fast-t2v";

let upstream, vault, client;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 4_096, runMs: 300 } });
  vault = await startVault({ sources: upstream.sources, vars: upstream.vars });
  client = new HookVault({ url: vault.url, token: API_TOKEN });
});
after(() => stopAll(vault, upstream));

/** Returns a model as a provider's package has it, of the interface that `ai` 7 calls. */
function model(knobs = {}) {
  const headers = { authorization: `Bearer ${UPSTREAM_KEY}`, "x-pipelet-output": "binary" };
  const facts = () => ({ timestamp: new Date(), modelId: APP, headers: undefined });
  const statuses = [];
  return {
    specificationVersion: "v4", provider: "pipelet", modelId: APP, maxVideosPerCall: 1, statuses,
    async handleWebhookOption({ webhook }) {
      const { url, received } = await webhook();
      return { webhookUrl: url, received };
    },
    async doStart({ prompt, webhookUrl }) {
      const response = await fetch(`${upstream.url}/queue/${APP}`, { method: "POST",
        headers: { ...headers, "x-pipelet-webhook": webhookUrl }, body: JSON.stringify({ prompt, _sim: knobs }) });
      return { operation: (await response.json()).request_id, warnings: [], response: facts() };
    },
    async doStatus({ operation }) {
      const response = await fetch(`${upstream.url}/queue/${APP}/requests/${operation}`, { headers });
      statuses.push(response.status);
      if (!response.ok) return { status: "error", error: `the queue answers ${response.status}`, response: facts() };
      const { video } = await response.json();
      return { status: "completed", videos: [{ type: "url", url: video.data_uri, mediaType: "video/mp4" }], warnings: [], response: facts() };
    },
  };
}

/** The SDK's own download refuses addresses of this machine. */
const download = async ({ url }) => ({ data: new Uint8Array(await (await fetch(url)).arrayBuffer()), mediaType: undefined });

/** Generates a video, and returns what the webhook received too. */
async function generate(of, options = {}) {
  let hook;
  const webhook = async () => (hook = createWebhook(client, { hookToken: HOOK_TOKEN, app: APP, tags: ["ai"], ...options }));
  const settings = { model: of, prompt: "a lighthouse", maxRetries: 0, download, webhook, poll: { timeoutMs: 60_000 } };
  const result = await generateVideo(settings).catch((error) => ({ error }));
  return { hook, ...result };
}

describe("the AI SDK", () => {
  test("waits for hookvault's webhook, asks the queue once, and hookvault has the file", async () => {
    const of = model();
    const { hook, video, error } = await generate(of);
    assert.equal(error, undefined);
    assert.deepEqual(of.statuses, [200], "it did not poll");
    const job = await client.wait(hook.job);
    const [file] = await client.files(job);
    const bytes = await (await file.response()).arrayBuffer();
    assert.equal(sha256(Buffer.from(bytes)), sha256(Buffer.from(video.uint8Array)));
    assert.deepEqual([job.app, job.tags, `ref:${job.ref}`], [APP, ["ai"], hook.job]);
    const { headers, body } = await hook.received;
    assert.deepEqual([headers["content-type"], body.eventType, body.jobId, body.video.data_uri],
      ["application/json", "completed", job.id, file.url]);
  });

  test("gets its video also if its first webhook was lost", async () => {
    const { video, hook, error } = await generate(model({ webhook: { lose: ["acquired"] } }), { reference: "lost-1" });
    assert.equal(error, undefined);
    assert.equal(video.uint8Array.length, 4_096);
    assert.equal(hook.job, "ref:lost-1");
    await client.wait(hook.job);
  });

  test("learns that a generation failed", async () => {
    const { hook, error } = await generate(model({ outcome: "failed", error: { code: "OOM" } }));
    assert.match(error.message, /the queue answers/);
    const { body } = await hook.received;
    assert.deepEqual([body.eventType, body.error], ["failed", { code: "OOM" }]);
  });

  test("gives up when the webhook does", async () => {
    const { error } = await generate(model({ queueMs: 1_000 }), { timeoutMs: 200 });
    assert.equal(error.code, "no-such-job", String(error));
    const stopped = await generate(model({ queueMs: 1_000 }), { signal: AbortSignal.abort(new Error("stopped")) });
    assert.equal(stopped.error.message, "stopped");
    // The queue still runs both jobs.
    await upstream.idle();
    vault.leaveWork();
  });
});
