// Renders a job for its readers.
import { fill } from "./delivery";
import type { Archive, JobRecord, Row, StoredFile } from "./types";

const MAX_FILES_IN_SHORT = 4;
export function archiveOf({ files, skipped }: JobRecord): Archive {
  let [stored, lost] = [0, 0];
  for (const { isServed, state } of files) {
    if (!isServed) continue;
    if (state === "pending") return "pending";
    if (state === "stored") stored += 1;
    else lost += 1;
  }
  if (lost > 0 && stored === 0) return "lost";
  if (lost > 0 || skipped.length > 0) return "partial";
  return stored > 0 ? "stored" : "none";
}

export const isSettled = (job: JobRecord): boolean =>
  (job.status === "completed" || job.status === "failed" || job.status === "cancelled") && archiveOf(job) !== "pending";

/** Returns a number that grows with every change of the record and every entry of the timeline. */
export const revisionOf = ({ version, events }: JobRecord): number => version + events;

const urlOf = (job: JobRecord, { n, name }: StoredFile): string =>
  `${job.origin}/files/${job.id}/${job.nonce}/${n}-${name}`;

/** Returns the served result as JSON: durable URLs in place of its files, every other byte as it was received. */
export function resultText(job: JobRecord, template: string, tokens: string[]): string {
  const text = fill(template, (n) => JSON.stringify(urlOf(job, job.files[job.result!.files[n]!]!)));
  return mask(text, tokens);
}

/** Masks hook tokens: they grant access, so they are never shown. */
const mask = (text: string, tokens: string[]): string =>
  tokens.reduce((masked, token) => (masked.includes(token) ? masked.replaceAll(token, "***") : masked), text);

/** Returns the record as JSON. `result` and the error are JSON already, and stay as they were written. */
export function render(job: JobRecord, result: string | null, tokens: string[]): string {
  const head = JSON.stringify({
    id: job.id, ref: null, provider: "pipelet", app: null, tags: [], status: job.status, archive: archiveOf(job),
    version: job.version, attempt: job.attempt, queueName: job.queueName, workerName: job.workerName,
    createdAt: job.createdAt, acquiredAt: job.acquiredAt, leaseExpiry: job.leaseExpiry, updatedAt: job.updatedAt,
    completedAt: job.completedAt, storedAt: job.storedAt,
  });
  const files = JSON.stringify(job.files.map((file) => ({
    n: file.n, pointers: file.pointers, state: file.state, url: urlOf(job, file), name: file.name,
    contentType: file.contentType, size: file.size, etag: file.etag, verified: file.verified,
    sourceHost: "host" in file.source ? file.source.host : null, expiresAt: file.expiresAt, slackMs: file.slackMs,
    attempts: file.attempts, error: file.error,
  })));
  const error = job.error === null ? "null" : mask(job.error, tokens);
  const tail = JSON.stringify({
    deliveries: job.deliveries, duplicates: job.duplicates, heals: 0, handoff: null, input: null,
  });
  return `${head.slice(0, -1)},"result":${result ?? "null"},"files":${files},"skipped":${JSON.stringify(job.skipped)},` +
    `"error":${error},${tail.slice(1)}`;
}

/** Returns the job's row in the catalog. */
export function rowOf(job: JobRecord): Row {
  const archive = archiveOf(job);
  const served = job.files.filter(({ isServed }) => isServed);
  const files = served.slice(0, MAX_FILES_IN_SHORT).map((file) => ({
    n: file.n, url: urlOf(job, file), contentType: file.contentType, size: file.size, state: file.state,
  }));
  const { id, version, status, queueName, createdAt, updatedAt } = job;
  const count = (wanted: StoredFile["state"]) => served.filter(({ state }) => state === wanted).length;
  return {
    id, revision: revisionOf(job), version, createdAt, updatedAt, status, archive, queueName,
    summary: JSON.stringify({
      id, ref: null, app: null, tags: [], status, archive, queueName, createdAt, updatedAt, files,
    }),
    numbers: {
      jobs: 1, [`status ${status}`]: 1, [`archive ${archive}`]: 1,
      pending: count("pending"), stored: count("stored"), lost: count("lost"),
      bytes: job.files.reduce((sum, { size }) => sum + (size ?? 0), 0),
      ...job.tally,
    },
  };
}
