// Waits for the end of all work without asking a job's object, because that would wake one whose alarm was lost. It
// looks at the catalog, the manifests and KV.
import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 200;

/**
 * @param {object} rig
 * @param {number} limitMs only ends a broken run
 * @returns {Promise<void>} resolves also when the limit is over; then the judge says what is wrong
 */
export async function quiet(rig, limitMs) {
  let left = rig.queue.ids.filter((id) => !rig.deleted.has(id));
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(PAUSE_MS)) {
    const listed = await listing(rig.vault);
    const rests = await Promise.all(left.map((id) => isPublished(rig.vault, listed.get(id))));
    left = left.filter((_, n) => !rests[n]);
    if (left.length === 0) return;
  }
}

/** Returns all jobs that the vault lists, by id. */
export async function listing(vault) {
  const jobs = new Map();
  for (let cursor = ""; cursor !== null;) {
    const page = await (await vault.get(`/jobs?limit=200${cursor && `&cursor=${cursor}`}`)).json();
    for (const job of page.jobs) jobs.set(job.id, job);
    cursor = page.cursor;
  }
  return jobs;
}

async function isPublished(vault, row) {
  if (row === undefined || !isSettled(row)) return false;
  const { manifest, record } = await published(vault, row);
  return [manifest?.job.updatedAt, record?.updatedAt].every((time) => time === row.updatedAt);
}

export const isSettled = ({ status, archive }) =>
  ["completed", "failed", "cancelled"].includes(status) && archive !== "pending";

/** Returns what the bucket and KV contain for a job. */
export async function published(vault, { id, createdAt }) {
  const day = new Date(createdAt).toISOString().slice(0, 10);
  const object = await (await vault.bucket()).get(`manifests/${day}/${id}.json`);
  const record = await (await vault.records()).get(id, "json");
  return { manifest: await object?.json(), record };
}
