// The queue's simulator and its S3 server, for tests that need real presigned URLs.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { startS3 } from "../../../tools/s3.mjs";
import { startSimulator } from "../../../tools/simulator/server.mjs";

export const UPSTREAM_KEY = "dev-upstream-key";

/** Jobs that take no longer than they must. */
const QUICK = { queueMs: 0, runMs: 0 };

export async function startUpstream({ knobs = {} } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "hookvault-s3-"));
  const s3 = await startS3({ dir });
  const simulator = await startSimulator({ s3, knobs: { ...QUICK, ...knobs } });
  return {
    url: simulator.url,
    s3,
    /** For `ALLOWED_SOURCE_HOSTS`. */
    sources: s3.url,
    idle: () => simulator.idle(),
    /** The simulator's own view of a job: files with size and sha256, deliveries. */
    job: async (id) => (await fetch(`${simulator.url}/_sim/jobs/${id}`)).json(),
    async stop() {
      await simulator.close();
      await s3.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Submits a job as the webhook document's first curl line does. */
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
