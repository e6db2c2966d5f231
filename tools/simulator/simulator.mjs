// The simulator's state: its jobs, its knobs, and its unfinished work.

import { randomInt } from "node:crypto";
import { Links } from "./as/links.mjs";
import { Job } from "./job.mjs";
import { startKnobs, withKnobs } from "./knobs.mjs";
import { live } from "./life.mjs";
import { Webhooks } from "./webhooks.mjs";
import { Work } from "./work.mjs";

const FAL_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const FAL_ID_LENGTH = 20;

export class Simulator {
  /** The jobs in order of submission, which is also the order in which they wait. */
  jobs = new Map();
  #lives = new WeakMap();
  #firstKnobs;
  #nextId;

  /**
   * @param {{ outputs: import("./files/outputs.mjs").Outputs, tokens: string[],
   *   knobs: Record<string, unknown>, firstId: number, log: (line: string) => void }} options
   */
  constructor({ outputs, tokens, knobs, firstId, log }) {
    Object.assign(this, { outputs, tokens, log, work: new Work(log), links: new Links(outputs) });
    this.#firstKnobs = withKnobs(startKnobs(), knobs);
    this.#nextId = firstId;
    this.setKnobs({});
  }

  /**
   * Sets the server-wide knobs: the knobs of the start, with the given ones over them.
   *
   * @param {unknown} given the client's knobs, unchecked
   */
  setKnobs(given) {
    this.knobs = withKnobs(this.#firstKnobs, given);
  }

  /**
   * @param {import("./job.mjs").Order} order without an id it gets the queue's next one
   * @returns {Job} a job that waits in the queue
   */
  submit(order) {
    const job = new Job({ ...order, id: order.id ?? (order.host === "batch" ? this.#countUp() : falId()) });
    const webhooks = new Webhooks(job, this);
    const life = this.work.run(`job ${job.id}`, async (signal) => {
      await live(job, this.outputs, (eventType) => webhooks.tell(eventType), signal);
      webhooks.flush();
    });
    this.#lives.set(job, { life, webhooks });
    this.jobs.set(job.id, job);
    return job;
  }

  /** @param {Job} job a job that waits in the queue */
  async cancel(job) {
    const { life, webhooks } = this.#lives.get(job);
    life.stop();
    job.status = "CANCELLED";
    await webhooks.tell("cancelled");
    webhooks.flush();
  }

  /** @param {Job} job stops at once, without a webhook; webhooks that were sent already still arrive */
  forget(job) {
    this.#lives.get(job).life.stop();
    this.jobs.delete(job.id);
  }

  /**
   * @param {Job} job
   * @returns {number} how many jobs of its queue wait before it
   */
  queuePosition(job) {
    let ahead = 0;
    for (const other of this.jobs.values()) {
      if (other === job) break;
      if (other.host === job.host && other.status === "IN_QUEUE") ahead += 1;
    }
    return ahead;
  }

  #countUp() {
    this.#nextId += 1;
    return String(this.#nextId - 1);
  }
}

function falId() {
  const letter = () => FAL_ALPHABET[randomInt(FAL_ALPHABET.length)];
  return Array.from({ length: FAL_ID_LENGTH }, letter).join("");
}
