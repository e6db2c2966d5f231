// Sends the webhooks of one job: their texts, their order, and what became of each. Like the upstream, it tries each
// once, unless the job's played sender tries again.

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { deliver, isWelcome } from "./as/letters.mjs";
import { bodyOf } from "./as/speech.mjs";
import { joined } from "./rawjson.mjs";
import { resultText } from "./results.mjs";

export class Webhooks {
  #job;
  #simulator;
  #work;
  #log;
  #held = [];
  /** Resolves to whether the receiver wants webhooks. */
  #welcome;
  /** Webhooks leave one after the other; only a delayed one may be overtaken. */
  #last = Promise.resolve();

  /**
   * @param {import("./job.mjs").Job} job
   * @param {{ outputs: import("./files/outputs.mjs").Outputs, work: import("./work.mjs").Work,
   *   links: import("./as/links.mjs").Links, log: (line: string) => void }} simulator
   */
  constructor(job, simulator) {
    const { work, log } = simulator;
    this.#job = job;
    this.#simulator = simulator;
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
    const body = await this.#bodyOf(eventType);
    if (body === undefined) return;
    const letter = { eventType, body };
    if (knobs.webhook.order) this.#held.push(letter);
    else this.#dispatch(letter);
  }

  #bodyOf(eventType) {
    const { outputs, links } = this.#simulator;
    return this.#job.row ? bodyOf(this.#job, eventType, links) : webhookText(this.#job, eventType, outputs);
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
      if (!await (this.#welcome ??= isWelcome(this.#job, signal))) return;
      const post = (headers, timeoutS) => this.#post({ eventType, body, headers, timeoutS }, signal);
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(copies.map(() => deliver(this.#job, body, post, signal)));
      }
    });
    if (late === undefined) this.#last = done;
  }

  async #post({ eventType, body, headers, timeoutS }, stopped) {
    const sha256 = createHash("sha256").update(body).digest("hex");
    const bytes = Buffer.byteLength(body);
    const delivery = { eventType, sentAt: Date.now(), status: null, error: null, bytes, sha256 };
    this.#job.deliveries.push(delivery);
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeoutS * 1_000)]);
    try {
      delivery.status = await post(this.#job.webhookUrl, body, headers, signal);
    } catch (error) {
      delivery.error = String(error.cause ?? error);
    }
    this.#log(`job ${this.#job.id}: ${eventType} told, ${delivery.status ?? delivery.error}`);
    return delivery;
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

async function post(url, body, more, signal) {
  // Closes the connection, because the server may close a kept one at any moment, and fetch does not retry a `POST`.
  const headers = { "content-type": "application/json", connection: "close", ...more };
  const request = { method: "POST", headers, body, redirect: "manual", signal };
  const response = await fetch(url, request);
  await response.arrayBuffer();
  return response.status;
}
