// The record as clients get it.
import type { Archive, JobRecord, Row, StoredFile } from "./types";

export function archiveOf({ files }: JobRecord): Archive {
  if (files.length === 0) return "none";
  if (files.some(({ state }) => state === "pending")) return "pending";
  const lost = files.filter(({ state }) => state === "lost").length;
  return lost === 0 ? "stored" : lost === files.length ? "lost" : "partial";
}

export const isSettled = (job: JobRecord) =>
  ["completed", "failed", "cancelled"].includes(job.status) && archiveOf(job) !== "pending";

export const urlOf = (job: JobRecord, file: StoredFile) =>
  `${job.origin}/files/${job.id}/${job.nonce}/${file.n}-${file.name}`;

/** `result` is JSON already, and stays as it was written. */
export function render(job: JobRecord, result: string | undefined): string {
  const { id, status, version, attempt, queueName, workerName, createdAt, acquiredAt, leaseExpiry, updatedAt,
    completedAt, storedAt, error, deliveries, duplicates } = job;
  const files = job.files.map((file) => ({
    n: file.n, pointers: file.pointers, state: file.state, url: urlOf(job, file), name: file.name,
    contentType: file.contentType, size: file.size, etag: file.etag, attempts: file.attempts, error: file.error,
  }));
  return JSON.stringify({
    id, status, archive: archiveOf(job), version, attempt, queueName, workerName, createdAt, acquiredAt,
    leaseExpiry, updatedAt, completedAt, storedAt, result: result === undefined ? null : JSON.rawJSON(result),
    files, error, deliveries, duplicates,
  });
}

export const rowOf = (job: JobRecord): Row => ({
  id: job.id, status: job.status, archive: archiveOf(job), queueName: job.queueName, createdAt: job.createdAt,
  updatedAt: job.updatedAt,
});
