// Deliveries of fal.ai and Replicate in their own formats, through a hook URL.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";

let origin, vault;
before(async () => ({ origin, vault } = await startServed()));
after(() => stopAll(vault, origin));

const SEED = "196619188014358660";

/** Serves an output file, and returns its URL. */
function image(name) {
  origin.on(`/${name}.png`, file(noise(2_048, name), { "content-type": "image/png" }));
  return `${origin.url}/${name}.png`;
}

/** Returns fal.ai's body, with its payload as text to preserve its numbers. */
const fal = (id, status, payload, more = "") =>
  `{"request_id":"${id}","gateway_request_id":"${id}","status":"${status}"${more},"payload":${payload}}`;

const prediction = (id, status, output, more = {}) => ({
  id, version: "5c7d5dc6", model: "a/b", status, input: { image: `${origin.url}/input.png` }, output,
  error: null, logs: "", created_at: "2025-12-27T22:39:34Z", started_at: "2025-12-27T22:39:35.120Z",
  completed_at: status === "processing" ? null : "2025-12-27T22:39:36Z",
  urls: { get: `https://api.replicate.com/v1/predictions/${id}` }, ...more,
});

describe("fal.ai's webhook", () => {
  it("is a result whose payload is served with durable URLs", async () => {
    const url = image("fal-ok");
    const payload = `{"images":[{"url":"${url}","content_type":"image/png"}],"seed":${SEED}}`;
    const answer = await vault.deliver(fal("fal-1", "OK", payload));
    assert.deepEqual([answer.id, answer.eventType], ["fal-1", "completed"]);
    const job = await vault.settled("fal-1");
    assert.deepEqual([job.provider, job.status, job.archive], ["fal", "completed", "stored"]);
    assert.deepEqual(job.files[0].pointers, ["/images/0/url"]);
    const result = await (await vault.get("/jobs/fal-1/result")).text();
    assert.equal(result, payload.replace(url, job.files[0].url));
    assert.deepEqual(Buffer.from(await (await fetch(job.files[0].url)).arrayBuffer()), noise(2_048, "fal-ok"));
  });

  it("is a duplicate when it comes again, whatever the signatures of its URLs", async () => {
    const url = image("fal-twice");
    const body = fal("fal-2", "OK", `{"image":{"url":"${url}"}}`);
    await vault.deliver(body);
    assert.equal((await vault.deliver(body)).duplicate, true);
  });

  it("is a failure with its own error", async () => {
    await vault.deliver(fal("fal-3", "ERROR", `{"detail":[{"msg":"too small"}]}`, `,"error":"Invalid status code: 422"`));
    const job = await vault.settled("fal-3");
    assert.deepEqual([job.status, job.error], ["failed", "Invalid status code: 422"]);
  });

  it("without its payload leads to a request for the result", async () => {
    vault.leaveWork();
    const answer = await vault.deliver(fal("fal-4", "OK", "null", `,"payload_error":"too large"`));
    assert.equal(answer.eventType, "completed");
    const job = await vault.job("fal-4");
    assert.deepEqual([job.status, job.provider], ["queued", "fal"]);
    assert.match(JSON.stringify(await vault.events("fal-4")), /the upstream is asked for the result/);
  });
});

describe("Replicate's webhook", () => {
  for (const [name, output, pointers] of [
    ["text", (url) => url, [[""]]],
    ["list", (url) => [url, "plain"], [["/0"]]],
    ["object", (url) => ({ video: url }), [["/video"]]],
  ]) {
    it(`is a result whose output is a ${name}`, async () => {
      const url = image(`replicate-${name}`);
      await vault.deliver(prediction(`rep-${name}`, "succeeded", output(url)));
      const job = await vault.settled(`rep-${name}`);
      assert.deepEqual([job.provider, job.archive], ["replicate", "stored"]);
      assert.deepEqual(job.files.map((file) => file.pointers), pointers);
      assert.deepEqual(await vault.json(`/jobs/rep-${name}/result`), output(job.files[0].url));
    });
  }

  it("does not copy the input's files", async () => {
    const job = await vault.job("rep-text");
    assert.equal(job.files.length, 1);
    assert.deepEqual(job.skipped, []);
  });

  it("moves through its statuses, and an old one changes nothing", async () => {
    const states = [];
    for (const status of ["processing", "succeeded", "processing"]) {
      await vault.deliver(prediction("rep-states", status, status === "succeeded" ? "done" : null));
      states.push((await vault.job("rep-states")).status);
    }
    assert.deepEqual(states, ["acquired", "completed", "completed"]);
    await vault.deliver(prediction("rep-failed", "failed", null, { error: "out of memory" }));
    assert.equal((await vault.job("rep-failed")).error, "out of memory");
    await vault.deliver(prediction("rep-canceled", "canceled", null));
    assert.equal((await vault.job("rep-canceled")).status, "cancelled");
  });
});

describe("a delivery of another provider", () => {
  it("for another provider's id is kept in the unmatched box", async () => {
    await vault.deliver(fal("shared-1", "OK", `{"a":1}`));
    const before = await vault.job("shared-1");
    const answer = await vault.deliver(prediction("shared-1", "succeeded", "other"));
    assert.equal(answer.status, 202);
    assert.match(answer.reason, /shared-1 is of fal, and the delivery of replicate/);
    const body = JSON.stringify({ eventType: "failed", jobId: "shared-1", error: "x" });
    assert.equal((await vault.deliver(body)).status, 202);
    assert.deepEqual(await vault.job("shared-1"), before);
    assert.equal((await vault.json("/unmatched")).unmatched.length, 2);
  });

  it("fills in what an import left open", async () => {
    vault.leaveWork();
    await vault.import({ id: "imported-1", app: "fal-ai/flux" });
    assert.equal((await vault.deliver(fal("imported-1", "OK", `{"a":1}`))).status, 200);
    assert.equal((await vault.job("imported-1")).provider, "fal");
  });
});

describe("a body without an id of its own", () => {
  // Returns a body as one's own cog server sends it.
  const cog = (output, id) => {
    const { version, model, urls, ...body } = prediction(id, "succeeded", output, { created_at: null, metrics: {} });
    return JSON.stringify(body);
  };
  const nameless = (payload) => JSON.stringify({ status: "OK", payload, error: null });

  it("is recognized by its form, and is the job of the reference", async () => {
    await vault.deliver(cog(image("cog"), null), { reference: "cog-7" });
    await vault.deliver(nameless({ image: { url: image("nameless") } }), { reference: "fal-7" });
    for (const [reference, provider] of [["cog-7", "replicate"], ["fal-7", "fal"]]) {
      const job = await vault.settled(`ref:${reference}`);
      assert.deepEqual([job.provider, job.status, job.archive], [provider, "completed", "stored"]);
      assert.deepEqual((await vault.outcomes(`ref:${reference}`)), ["completed:applied"]);
    }
  });

  it("is the job of its files' names", async () => {
    origin.on("/outputs/free/7013_0_a.png", file(noise(100, "a"), { "content-type": "image/png" }));
    const { id } = await vault.deliver(cog(`${origin.url}/outputs/free/7013_0_a.png`));
    assert.deepEqual([id, (await vault.settled("7013")).status], ["7013", "completed"]);
  });

  it("is kept with a helpful reason if nothing names a job", async () => {
    for (const body of [cog("text", null), cog("text", undefined), nameless({})]) {
      const { status, reason } = await vault.deliver(body);
      assert.equal(status, 202);
      assert.match(reason, /have a job id; add a reference to the webhook's URL: \/hook\/<HOOK_TOKEN>\/<reference>/);
    }
  });
});
