// Work that a test must not leave behind.
import { eventually } from "./wait.mjs";

/** A longer result never stands in memory, and has no copy in KV. */
const MAX_WHOLE = 1024 * 1024;

/** Waits until nothing is pending for these jobs: files to copy, a settled record to publish. */
export async function nothingPending(vault, ids) {
  for (const id of ids) {
    await eventually(`nothing is pending for job ${id}`, async () => {
      const job = await vault.job(id);
      if (job.archive === "pending") return undefined;
      if (!["completed", "failed", "cancelled"].includes(job.status)) return true;
      // While the upstream is being asked for more, there is no copy.
      if (job.healing && !job.healing.exhausted) return true;
      return (await publishedVersion(vault, job)) >= job.version || undefined;
    });
  }
}

/** The version that both the manifest and KV hold. */
async function publishedVersion(vault, { id, ref, createdAt }) {
  const day = new Date(createdAt).toISOString().slice(0, 10);
  const [bucket, records] = [await vault.bucket(), await vault.records()];
  // A job lives at its id or at its reference.
  for (const home of [id, `ref:${ref}`]) {
    const manifest = await bucket.get(`manifests/${day}/${home}.json`);
    if (!manifest) continue;
    const { job } = await manifest.json();
    if (job.result?.bytes > MAX_WHOLE) return job.version;
    // The copy is read by the id, as soon as that is known.
    const record = (await records.get(id, "json")) ?? (await records.get(home, "json"));
    return Math.min(job.version, record?.version ?? -1);
  }
  return -1;
}
