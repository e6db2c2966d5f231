// One job: its state, and what may be told about it.

import { mediumOf } from "./files/media.mjs";

/** A list of jobs leaves out longer bodies: inputs may hold whole images. */
const MAX_LISTED_BODY_BYTES = 4_096;
const QUEUE = "free";
const WORKER = "k8s_pipelet-v2-batch-premium-worker-559f48bc58-lz862_203.0.113.7";

/**
 * @typedef {object} Order what a submission asks for
 * @property {string} id
 * @property {"batch" | "fal"} host which of the two queues
 * @property {string} model path below the queue, sub path included
 * @property {string | null} webhookUrl
 * @property {Record<string, unknown>} knobs a full set
 * @property {"seed" | "today" | "base64"} dialect
 * @property {string} prompt empty if there is none
 * @property {string | undefined} seed the input's `seed` as it was written
 * @property {{ url: string, headers: Record<string, string>, body: string }} submission as it
 *   arrived: path and query, names of headers in lower case, the body's text
 */

export class Job {
  status = "IN_QUEUE";
  attempt = 0;
  /** In ms; of the latest attempt. */
  acquiredAt = undefined;
  /** Stored outputs; empty until the job has completed. */
  files = [];
  previews = [];
  /** All that happened, whether or not it was told: `{ eventType, at }` in ms. */
  events = [];
  /** Each try to tell it: `{ eventType, sentAt, status, error, bytes, sha256 }`. */
  deliveries = [];

  /** @param {Order} order */
  constructor(order) {
    Object.assign(this, order);
  }

  /** A worker takes the job: its lease begins. */
  acquire() {
    this.status = "IN_PROGRESS";
    this.attempt += 1;
    this.acquiredAt = Date.now();
  }

  /** Numbers on the batch queue, as the seed's `acquired`; text on the api host. */
  get webhookId() {
    return this.host === "batch" ? Number(this.id) : this.id;
  }

  /** The keys of the files to be: the id in front, as hookvault correlates by it. */
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

  /** What its n-th output is. */
  medium(n = 0) {
    return mediumOf(this.model, this.prompt, n);
  }

  /** The fields that all webhooks but `completed` share, in the seed's order. */
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

  /** What `GET /_sim/jobs/{id}` shows. */
  view() {
    const { id, host, model, status, attempt, webhookUrl, dialect, seed } = this;
    const { files, previews, events, deliveries, knobs, submission } = this;
    return { id, host, model, status, attempt, webhookUrl, dialect, seed,
      files, previews, events, deliveries, knobs, submission };
  }

  /** What `GET /_sim/jobs` shows of it. */
  listed() {
    const { body, ...submission } = this.submission;
    const isLong = Buffer.byteLength(body) > MAX_LISTED_BODY_BYTES;
    return isLong ? { ...this.view(), submission } : this.view();
  }
}
