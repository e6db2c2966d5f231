// Makes jobs that only a manifest can make: old ones, and those that the vault asked about in vain for a day.

/** Returns `[key, text]` of the manifest of a job that has lost its file; `more` is added to the job. */
export function manifest(id, createdAt, more = {}) {
  const day = new Date(createdAt).toISOString().slice(0, 10);
  const error = "403; no fresh URL: the upstream answers 404";
  const file = { n: 0, served: true, pointers: ["/video/data_uri"], state: "lost", name: "a.mp4",
    key: `jobs/${id}/0-a.mp4`, source: { kind: "url", url: "https://fal.media/a.mp4", host: "fal.media" },
    identity: "ac4ebfa40c2dd2a3ec0aee7c1c3afef9", contentType: null, size: null, etag: null, verified: null,
    expiresAt: null, slackMs: null, foundAt: createdAt, attempts: 1, md5Refusals: 0, actualMd5: null,
    notBefore: createdAt, error };
  const job = { format: 1, home: `id:${id}`, id, reference: null, unlinkedId: null, provider: "pipelet", app: "m",
    tags: [], status: "completed", version: 3, attempt: 1, queueName: null, workerName: null, createdAt,
    acquiredAt: null, leaseExpiry: null, updatedAt: createdAt, completedAt: createdAt, storedAt: null,
    heardAt: createdAt, senderTime: null, nonce: "0123456789abcdef0123456789abcdef",
    origin: "https://vault.example", error: null, result: null, files: [file], skipped: [], deliveries: 1,
    duplicates: 0, heals: 0, events: 0, lastApplied: 0,
    healing: { wanted: false, attempts: 9, at: createdAt, since: createdAt, error, exhausted: true }, ...more };
  return [`manifests/${day}/${id}.json`, JSON.stringify({ format: 1, job, result: null, events: [] })];
}
