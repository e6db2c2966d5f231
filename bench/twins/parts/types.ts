// What the twins store, and what their parts pass to each other.

export type Status = "queued" | "acquired" | "completed" | "failed" | "cancelled" | "retried";
export type Archive = "none" | "pending" | "stored" | "partial" | "lost";
export type Outcome = "applied" | "duplicate" | "late" | "unknown" | "copy";

/** Where a file's bytes are: at a URL, or in the delivery itself, between two characters. */
export type Source = { url: string; host: string } | { start: number; end: number; isBase64: boolean };

/** A file that a delivery's result names. */
export interface Found {
  /** What identifies the same file in a later delivery: its URL without the signature. */
  identity: string;
  pointers: string[];
  name: string;
  source: Source;
  contentType: string | null;
  expiresAt: number | null;
}

export interface Skipped {
  pointer: string;
  host: string | null;
  reason: string;
}

export interface StoredFile extends Found {
  n: number;
  /** Whether the newest result has the file. */
  isServed: boolean;
  /** The timeline entry of the delivery that brought the file. */
  delivery: number;
  state: "pending" | "stored" | "lost";
  key: string;
  size: number | null;
  etag: string | null;
  verified: boolean | null;
  slackMs: number | null;
  foundAt: number;
  attempts: number;
  retryAt: number;
  error: string | null;
}

/** A result: its text, with a mark in place of each file. */
export interface Result {
  template: { text: string } | { key: string };
  /** What distinguishes the result from others: the text, or its SHA-256 if it is long. */
  print: string;
  found: Found[];
  skipped: Skipped[];
}

/** The fields of a delivery's body that have a meaning. */
export interface Event {
  type: string | null;
  queueName: string | null;
  workerName: string | null;
  leaseExpiry: number | null;
  acquiredAt: number | null;
  updatedAt: number | null;
  /** JSON exactly as it was written. */
  error: string | null;
}

/** A delivery that the Worker has read, on its way to its job. */
export interface Delivery {
  id: string;
  /** The text, or its key in R2 if it is long. */
  body: { text: string } | { key: string };
  bytes: number;
  sha256: string;
  receivedAt: number;
  origin: string;
  event: Event;
  result: Result | null;
}

export interface Delivered {
  id: string;
  eventType: string | null;
  duplicate: boolean;
}

/** An entry of the timeline. */
export interface Entry {
  n: number;
  eventType: string | null;
  receivedAt: number;
  trust: "token" | null;
  outcome: Outcome;
  detail: string | null;
  bytes: number | null;
  sha256: string | null;
  /** The body's key in R2; null if the body is in the object. */
  key: string | null;
}

/** A task that is done once for each revision of the job, and retried when it fails. */
export interface Chore {
  revision: number;
  attempts: number;
  at: number;
}

export interface JobRecord {
  id: string;
  /** 128 random bits: they grant the right to read the files. */
  nonce: string;
  origin: string;
  status: Status;
  version: number;
  attempt: number;
  queueName: string | null;
  workerName: string | null;
  createdAt: number;
  acquiredAt: number | null;
  leaseExpiry: number | null;
  updatedAt: number;
  completedAt: number | null;
  storedAt: number | null;
  /** The newest of the sender's times. */
  senderTime: number | null;
  error: string | null;
  /** Where the served result is, and the number of each file in it. */
  result: { key: string | null; print: string; files: number[] } | null;
  files: StoredFile[];
  skipped: Skipped[];
  deliveries: number;
  duplicates: number;
  /** The number of deliveries, by type and outcome. */
  tally: Record<string, number>;
  /** The number of entries in the timeline. */
  events: number;
  /** The last entry that changed the job. */
  lastApplied: number;
  /** The runs of the alarm that have begun since one came to its end. */
  runs: number;
  listed: Chore;
  published: Chore;
  recorded: Chore;
  /** The version of the copy in KV; 0 without a copy. */
  recordedVersion: number;
  /** Whether a copy may be in KV. */
  isRecorded: boolean;
}

/** A job's row in the catalog. */
export interface Row {
  id: string;
  revision: number;
  version: number;
  createdAt: number;
  updatedAt: number;
  status: Status;
  archive: Archive;
  queueName: string | null;
  /** The JSON that readers get. */
  summary: string;
  numbers: Record<string, number>;
}

/** Which jobs a page of the list shows. */
export interface Filter {
  status: string | null;
  archive: string | null;
  queue: string | null;
  since: number | null;
  until: number | null;
}

/** Where a page of the list ends. */
export interface Place {
  createdAt: number;
  id: string;
}

export type Listed = { id: string; created_at: number; summary: string };
