// What the twin stores and answers.
import type { Catalog } from "./catalog";
import type { Job } from "./job";

export interface Env {
  JOBS: DurableObjectNamespace<Job>;
  CATALOG: DurableObjectNamespace<Catalog>;
  FILES: R2Bucket;
  RECORDS: KVNamespace;
  HOOK_TOKEN: string;
  API_TOKEN: string;
  ALLOWED_SOURCE_HOSTS: string;
  MAX_BODY_BYTES?: string;
}

export type Status = "queued" | "acquired" | "completed" | "failed" | "cancelled" | "retried";
export type Archive = "none" | "pending" | "stored" | "partial" | "lost";

export interface StoredFile {
  n: number;
  pointers: string[];
  state: "pending" | "stored" | "lost";
  name: string;
  key: string;
  /** The URL to copy from; none if the file is written into the delivery itself. */
  source: string | null;
  contentType: string | null;
  size: number | null;
  etag: string | null;
  attempts: number;
  retryAt: number;
  error: string | null;
}

export interface JobRecord {
  id: string;
  nonce: string;
  origin: string;
  status: Status;
  version: number;
  attempt: number;
  queueName: string | null;
  workerName: string | null;
  leaseExpiry: number | null;
  createdAt: number;
  acquiredAt: number | null;
  updatedAt: number;
  completedAt: number | null;
  storedAt: number | null;
  /** The sender's time of the last event that was applied. */
  senderTime: number | null;
  files: StoredFile[];
  error: unknown;
  events: number;
  deliveries: number;
  duplicates: number;
  /** Where the delivery of the result is: its number, and its key in R2 if it is long. */
  resultEvent: number | null;
  publishedVersion: number;
  listedVersion: number;
}

export interface Delivery {
  id: string;
  /** The text, or its key in R2 if it is long. */
  body: { text: string } | { key: string };
  sha256: string;
  receivedAt: number;
  origin: string;
}

export interface Delivered {
  id: string;
  eventType: string | null;
  duplicate: boolean;
}

export interface Entry {
  n: number;
  eventType: string | null;
  receivedAt: number;
  outcome: "applied" | "duplicate" | "late" | "unknown";
  bytes: number;
  sha256: string;
  key: string | null;
}

/** As deliveries are written by the upstream. */
export type EventBody = Record<string, unknown> & {
  eventType?: string;
  jobId?: string | number;
};

export interface Row {
  id: string;
  status: Status;
  archive: Archive;
  queueName: string | null;
  createdAt: number;
  updatedAt: number;
}
