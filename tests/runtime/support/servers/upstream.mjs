// The queue's simulator and its S3 server, for tests that need real presigned URLs.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { startS3 } from "../../../../tools/storage/s3.mjs";
import { startSimulator } from "../../../../tools/simulator/server.mjs";
import { startCounter } from "./counter.mjs";

export const UPSTREAM_KEY = "dev-upstream-key";

/** Knobs for jobs that take no longer than they must. */
const QUICK = { queueMs: 0, runMs: 0 };

/** @param {{ knobs?: object, counting?: boolean }} [options] `counting` counts requests to S3 */
export async function startUpstream({ knobs = {}, counting = false } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "hookvault-s3-"));
  const server = await startS3({ dir });
  const counter = counting ? await startCounter(server.url) : undefined;
  const s3 = { ...server, url: counter?.url ?? server.url };
  const simulator = await startSimulator({ s3, knobs: { ...QUICK, ...knobs } });
  return {
    url: simulator.url,
    s3,
    /** Returns how often an output was fetched. */
    fetches: (key) => counter.count(`GET /${s3.bucket}/${key}`),
    /** Sets the knobs of the jobs that are submitted from now on. */
    async setKnobs(set) {
      const init = { method: "PUT", body: JSON.stringify(set) };
      assert.equal((await fetch(`${simulator.url}/_sim/knobs`, init)).status, 200);
    },
    /** Returns the answer of the queue's own `/result` endpoint, with newly signed URLs. */
    async result(id) {
      const url = `${simulator.url}/queue/wan22-fast-t2v/requests/${id}`;
      const headers = { authorization: `Bearer ${UPSTREAM_KEY}` };
      return (await fetch(url, { headers })).text();
    },
    /** The value for `ALLOWED_SOURCE_HOSTS`. */
    sources: s3.url,
    /** The Worker's variables with which it can ask this upstream. */
    vars: askable(simulator.url),
    idle: () => simulator.idle(),
    /** Returns the simulator's own view of a job: files with size and sha256, deliveries. */
    job: async (id) => (await fetch(`${simulator.url}/_sim/jobs/${id}`)).json(),
    async stop() {
      await simulator.close();
      await counter?.stop();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Returns variables that make the Worker ask the upstream at `url`. */
export const askable = (url) => ({
  UPSTREAM_QUEUE_URL: `${url}/queue`,
  UPSTREAM_FAL_URL: `${url}/fal/queue`,
  UPSTREAM_API_KEY: UPSTREAM_KEY,
});

/** Submits a job like the first curl line of the webhook documentation. */
export async function submit(upstream, hookUrl, { knobs = {}, headers = {}, input = {} } = {}) {
  const body = { prompt: "A photo of an astronaut riding a horse.", ...input, _sim: knobs };
  const url = `${upstream.url}/queue/wan22-fast-t2v?fal_webhook=${encodeURIComponent(hookUrl)}`;
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${UPSTREAM_KEY}`,
      "content-type": "application/json",
      "x-pipelet-output": "binary",
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return (await response.json()).request_id;
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
