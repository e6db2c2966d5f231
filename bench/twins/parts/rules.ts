// The changes of a job's record, wherever it is stored.
import type { Verdict } from "./states";
import type { Chore, Delivery, Entry, JobRecord, Result, StoredFile } from "./types";

export type ChoreName = "listed" | "published" | "recorded";

export const DUPLICATE: Verdict = { outcome: "duplicate", detail: null };

export const dayOf = ({ createdAt }: JobRecord) => new Date(createdAt).toISOString().slice(0, 10);

export function touch(job: JobRecord, now: number) {
  job.version += 1;
  job.updatedAt = Math.max(job.updatedAt, now);
}

/** Returns the files that are due. Those whose URL expires first come first. */
export const dueFiles = (job: JobRecord, now: number): StoredFile[] =>
  job.files.filter(({ state, retryAt }) => state === "pending" && retryAt <= now)
    .sort((a, b) => (a.expiresAt ?? Infinity) - (b.expiresAt ?? Infinity) || a.n - b.n);

/** Gives fresh URLs to files that are not stored yet. */
export function renew(job: JobRecord, { found }: Result, now: number): number {
  let renewed = 0;
  found.forEach(({ source, expiresAt }, at) => {
    const file = job.files[job.result!.files[at]!]!;
    const isShorter = expiresAt !== null && (file.expiresAt === null || expiresAt < file.expiresAt);
    if (file.state === "stored" || isShorter || !("url" in source)) return;
    Object.assign(file, { source, expiresAt, state: "pending", foundAt: now, retryAt: now, attempts: 0, error: null });
    renewed += 1;
  });
  if (renewed > 0) {
    job.storedAt = null;
    touch(job, now);
  }
  return renewed;
}

export const newFile = (job: JobRecord, found: StoredFile | Result["found"][number], n: number, delivery: number, now: number): StoredFile => ({
  ...found, n, delivery, isServed: true, state: "pending", key: `jobs/${job.id}/${n}-${found.name}`, size: null,
  etag: null, verified: null, slackMs: null, foundAt: now, attempts: 0, retryAt: now, error: null,
});

export function newJob({ id, origin, receivedAt }: Delivery): JobRecord {
  const chore: Chore = { revision: 0, attempts: 0, at: 0 };
  return {
    id, nonce: crypto.getRandomValues(new Uint8Array(16)).toHex(), origin, status: "queued", version: 0, attempt: 1,
    queueName: null, workerName: null, createdAt: receivedAt, acquiredAt: null, leaseExpiry: null,
    updatedAt: receivedAt, completedAt: null, storedAt: null, senderTime: null, error: null, result: null, files: [],
    skipped: [], deliveries: 0, duplicates: 0, tally: {}, events: 0, lastApplied: 0, runs: 0, listed: chore,
    published: chore, recorded: chore, recordedVersion: 0, isRecorded: false,
  };
}

/** Makes the entry about the end of a copy. */
export const copyEntry = (job: JobRecord, receivedAt: number, detail: string): Entry => ({
  n: (job.events += 1), eventType: null, receivedAt, trust: null, outcome: "copy", detail, bytes: null, sha256: null, key: null,
});
