// Sends the webhooks of one job: their texts, their order, and what became of each. Like the upstream, it tries each
// once.

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { joined } from "./rawjson.mjs";
import { resultText } from "./results.mjs";

/** Ends the wait for a receiver that hangs, so that the simulator can become idle. */
const ANSWER_LIMIT_MS = 30_000;

export class Webhooks {
  #job;
  #outputs;
  #work;
  #log;
  #held = [];
  /** Webhooks leave one after the other; only a delayed one may be overtaken. */
  #last = Promise.resolve();

  /**
   * @param {import("./job.mjs").Job} job
   * @param {{ outputs: import("./files/outputs.mjs").Outputs, work: import("./work.mjs").Work,
   *   log: (line: string) => void }} simulator
   */
  constructor(job, { outputs, work, log }) {
    this.#job = job;
    this.#outputs = outputs;
    this.#work = work;
    this.#log = log;
  }

  /**
   * Notes an event of the job and, if the job has a webhook, writes its text at once. So even a delayed webhook carries
   * a URL that was signed when the event happened.
   *
   * @param {string} eventType
   */
  async tell(eventType) {
    const { id, events, webhookUrl, knobs } = this.#job;
    events.push({ eventType, at: Date.now() });
    this.#log(`job ${id}: ${eventType}`);
    if (webhookUrl === null) return;
    const letter = { eventType, body: await webhookText(this.#job, eventType, this.#outputs) };
    if (knobs.webhook.order) this.#held.push(letter);
    else this.#dispatch(letter);
  }

  /** Sends what was held back, after the job's last event. Events that are not in `order` go last. */
  flush() {
    const order = this.#job.knobs.webhook.order ?? [];
    const rank = ({ eventType }) =>
      order.includes(eventType) ? order.indexOf(eventType) : order.length;
    const letters = this.#held.splice(0).sort((one, other) => rank(one) - rank(other));
    for (const letter of letters) this.#dispatch(letter);
  }

  #dispatch({ eventType, body }) {
    const { lose = [], double = [], times = {}, delayMs = {} } = this.#job.knobs.webhook;
    if (lose.includes(eventType)) return;
    const late = delayMs[eventType];
    const rounds = double.includes(eventType) ? 2 : 1;
    const copies = Array.from({ length: times[eventType] ?? 1 });
    const before = this.#last;
    const label = `webhook ${eventType} of job ${this.#job.id}`;
    const { done } = this.#work.run(label, async (signal) => {
      await (late === undefined ? before : sleep(late, undefined, { signal }));
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(copies.map(() => this.#post(eventType, body, signal)));
      }
    });
    if (late === undefined) this.#last = done;
  }

  async #post(eventType, body, stopped) {
    const sha256 = createHash("sha256").update(body).digest("hex");
    const bytes = Buffer.byteLength(body);
    const delivery = { eventType, sentAt: Date.now(), status: null, error: null, bytes, sha256 };
    this.#job.deliveries.push(delivery);
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
    try {
      delivery.status = await post(this.#job.webhookUrl, body, signal);
    } catch (error) {
      delivery.error = String(error.cause ?? error);
    }
    this.#log(`job ${this.#job.id}: ${eventType} told, ${delivery.status ?? delivery.error}`);
  }
}

async function webhookText(job, eventType, outputs) {
  if (eventType === "completed") return completedText(job, await resultText(job, outputs));
  const failure = eventType === "failed" ? { error: job.knobs.error } : {};
  return JSON.stringify({ eventType, ...job.envelope, ...failure });
}

/** Puts two members before the result, whose own text stays unchanged for the sake of its numbers. */
function completedText({ id, dialect, knobs }, result) {
  const carriesId = knobs.jobId ?? dialect !== "seed";
  const head = { eventType: "completed", ...(carriesId && { jobId: id }) };
  return joined(JSON.stringify(head), result);
}

async function post(url, body, signal) {
  // Closes the connection, because the server may close a kept one at any moment, and fetch does not retry a `POST`.
  const headers = { "content-type": "application/json", connection: "close" };
  const request = { method: "POST", headers, body, redirect: "manual", signal };
  const response = await fetch(url, request);
  await response.arrayBuffer();
  return response.status;
}
