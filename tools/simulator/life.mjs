// The life of a job: it waits, a worker takes it, perhaps it fails and is retried, it ends.

import { setTimeout as sleep } from "node:timers/promises";
import { contentOf, frameOf } from "./files/content.mjs";

/**
 * @param {import("./job.mjs").Job} job
 * @param {import("./files/outputs.mjs").Outputs} outputs
 * @param {(eventType: string) => Promise<void>} tell sends the webhook of an event
 * @param {AbortSignal} signal ends the job: it was cancelled while it waited, or the queue forgot it
 */
export async function live(job, outputs, tell, signal) {
  const pause = (ms) => sleep(ms, undefined, { signal });
  if (job.row) await tell("queued");
  for (let retriesLeft = job.knobs.retries; ; retriesLeft -= 1) {
    await pause(job.knobs.queueMs);
    job.acquire();
    await tell("acquired");
    await pause(job.knobs.runMs);
    if (retriesLeft === 0) break;
    await tell("failed");
    job.status = "IN_QUEUE";
    await tell("retried");
  }
  if (job.knobs.outcome === "completed") await store(job, outputs);
  signal.throwIfAborted();
  job.status = job.knobs.outcome.toUpperCase();
  await tell(job.knobs.outcome);
}

/** Stores the files one after the other, so that one job with many big files does not take all of the S3 server. */
async function store(job, outputs) {
  const [files, previews] = [[], []];
  for (const [n, key] of job.fileKeys.entries()) {
    files.push(await outputs.store(key, contentOf(job.medium(n), key, job.knobs.size)));
  }
  for (const [n, key] of job.previewKeys.entries()) {
    previews.push(await outputs.store(key, frameOf(job.medium(), key, n)));
  }
  Object.assign(job, { files, previews });
}
