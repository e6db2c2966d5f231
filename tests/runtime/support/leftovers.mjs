// Checks for work that a test must not leave behind.
import { eventually } from "./wait.mjs";

/** A longer result, in bytes, is never whole in memory, and has no copy in KV. */
const MAX_WHOLE = 1024 * 1024;

/** Waits until nothing is pending for these jobs: no file to copy, no settled record to publish. */
export async function nothingPending(vault, ids) {
  for (const id of ids) {
    await eventually(`nothing is pending for job ${id}`, async () => {
      const job = await vault.job(id);
      if (job.archive === "pending") return undefined;
      if (!["completed", "failed", "cancelled"].includes(job.status)) return true;
      // There is no copy while the vault asks the upstream for more.
      if (job.healing && !job.healing.exhausted) return true;
      return (await publishedVersion(vault, job)) >= job.version || undefined;
    });
  }
}

/** Returns the version that both the manifest and KV have. */
async function publishedVersion(vault, { id, ref, createdAt }) {
  const day = new Date(createdAt).toISOString().slice(0, 10);
  const [bucket, records] = [await vault.bucket(), await vault.records()];
  // A job's object is named by its id or its reference.
  for (const home of [id, `ref:${ref}`]) {
    const manifest = await bucket.get(`manifests/${day}/${home}.json`);
    if (!manifest) continue;
    const { job } = await manifest.json();
    if (job.result?.bytes > MAX_WHOLE) return job.version;
    // KV has the copy under the id, once that is known.
    const record = (await records.get(id, "json")) ?? (await records.get(home, "json"));
    return Math.min(job.version, record?.version ?? -1);
  }
  return -1;
}
