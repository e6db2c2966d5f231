// One job: its state, and what the simulator reports about it.

import { mediumOf } from "./files/media.mjs";

/** The list of jobs leaves out longer bodies, because inputs may hold whole images. */
const MAX_LISTED_BODY_BYTES = 4_096;
const QUEUE = "free";
const WORKER = "k8s_pipelet-v2-batch-premium-worker-559f48bc58-lz862_203.0.113.7";

/**
 * @typedef {object} Order a submission
 * @property {string} id
 * @property {string} host which of the two queues, `batch` or `fal`, or the name of a played sender behind `as/`
 * @property {string} model the path below the queue, with its sub path
 * @property {string | null} webhookUrl
 * @property {Record<string, unknown>} knobs a full set
 * @property {"seed" | "today" | "base64"} dialect
 * @property {string} prompt empty if the input has none
 * @property {string | undefined} seed the input's `seed` exactly as it was written
 * @property {{ url: string, headers: Record<string, string>, body: string }} submission the request as it arrived: path
 *   and query, header names in lower case, the body's text
 *
 * An order to a played sender also has its `row` and the submission's `input`, see `as/submit.mjs`.
 */

export class Job {
  status = "IN_QUEUE";
  attempt = 0;
  createdAt = Date.now();
  /** When the latest attempt began, in ms. */
  acquiredAt = undefined;
  /** The stored outputs; empty until the job has completed. */
  files = [];
  previews = [];
  /** All events, also those without a webhook: `{ eventType, at }`, `at` in ms. */
  events = [];
  /** All tries to send a webhook: `{ eventType, sentAt, status, error, bytes, sha256 }`. */
  deliveries = [];

  /** @param {Order} order */
  constructor(order) {
    Object.assign(this, order);
  }

  /** Gives the job to a worker: its lease begins. */
  acquire() {
    this.status = "IN_PROGRESS";
    this.attempt += 1;
    this.acquiredAt = Date.now();
  }

  /**
   * Returns the id as webhooks carry it: a number on the batch queue, as in the seed's `acquired`; a text on the api
   * host.
   */
  get webhookId() {
    return this.host === "batch" ? Number(this.id) : this.id;
  }

  /** Returns the keys of the future files. They begin with the job's id, by which hookvault finds the job. */
  get fileKeys() {
    const key = (_, n) => `outputs/${QUEUE}/${this.id}_${n}_${this.medium(n).name}`;
    return Array.from({ length: this.knobs.files }, key);
  }

  get previewKeys() {
    const number = (n) => String(n).padStart(3, "0");
    const key = (_, n) => `outputs/${QUEUE}/${this.id}_0_preview_${number(n)}.jpg`;
    const hasAny = this.dialect !== "seed" && this.medium().kind === "video";
    return Array.from({ length: hasAny ? this.knobs.previews : 0 }, key);
  }

  /** Returns the medium of the n-th output. */
  medium(n = 0) {
    return mediumOf(this.mediumName ?? this.model, this.prompt, n);
  }

  /** Returns the fields that all webhooks except `completed` share, in the seed's order. */
  get envelope() {
    return {
      queueName: QUEUE,
      jobId: this.webhookId,
      ...(this.attempt > 0 && this.#lease),
      updatedAt: Date.now() + this.knobs.skewMs,
      webhookUrl: this.webhookUrl,
    };
  }

  get #lease() {
    const acquiredAt = this.acquiredAt + this.knobs.skewMs;
    return {
      workerName: `${WORKER}_${this.id}_${this.attempt}`,
      leaseExpiry: acquiredAt + this.knobs.leaseMs,
      acquiredAt,
    };
  }

  /** Returns what `GET /_sim/jobs/{id}` shows. */
  view() {
    const { id, host, model, status, attempt, webhookUrl, dialect, seed } = this;
    const { files, previews, events, deliveries, knobs, submission } = this;
    return { id, host, model, status, attempt, webhookUrl, dialect, seed,
      files, previews, events, deliveries, knobs, submission };
  }

  /** Returns what `GET /_sim/jobs` shows of the job. */
  listed() {
    const { body, ...submission } = this.submission;
    const isLong = Buffer.byteLength(body) > MAX_LISTED_BODY_BYTES;
    return isLong ? { ...this.view(), submission } : this.view();
  }
}
