// The simulator's state: which jobs there are, which knobs are set, what is still to be done.

import { randomInt } from "node:crypto";
import { Job } from "./job.mjs";
import { startKnobs, withKnobs } from "./knobs.mjs";
import { live } from "./life.mjs";
import { Webhooks } from "./webhooks.mjs";
import { Work } from "./work.mjs";

const FAL_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const FAL_ID_LENGTH = 20;

export class Simulator {
  /** In order of submission, which is the order they wait in. */
  jobs = new Map();
  #lives = new WeakMap();
  #firstKnobs;
  #nextId;

  /**
   * @param {{ outputs: import("./files/outputs.mjs").Outputs, tokens: string[],
   *   knobs: Record<string, unknown>, firstId: number, log: (line: string) => void }} options
   */
  constructor({ outputs, tokens, knobs, firstId, log }) {
    Object.assign(this, { outputs, tokens, log, work: new Work(log) });
    this.#firstKnobs = withKnobs(startKnobs(), knobs);
    this.#nextId = firstId;
    this.setKnobs({});
  }

  /**
   * Sets the server-wide knobs: those of the start, with the given ones over them.
   *
   * @param {unknown} given as it came from the caller
   */
  setKnobs(given) {
    this.knobs = withKnobs(this.#firstKnobs, given);
  }

  /**
   * @param {Omit<import("./job.mjs").Order, "id">} order
   * @returns {Job} waiting
   */
  submit(order) {
    const job = new Job({ ...order, id: order.host === "batch" ? this.#countUp() : falId() });
    const webhooks = new Webhooks(job, this);
    const life = this.work.run(`job ${job.id}`, async (signal) => {
      await live(job, this.outputs, (eventType) => webhooks.tell(eventType), signal);
      webhooks.flush();
    });
    this.#lives.set(job, { life, webhooks });
    this.jobs.set(job.id, job);
    return job;
  }

  /** @param {Job} job one that waits */
  async cancel(job) {
    const { life, webhooks } = this.#lives.get(job);
    life.stop();
    job.status = "CANCELLED";
    await webhooks.tell("cancelled");
    webhooks.flush();
  }

  /** @param {Job} job ends where it stands, without a webhook; those on their way still arrive */
  forget(job) {
    this.#lives.get(job).life.stop();
    this.jobs.delete(job.id);
  }

  /**
   * @param {Job} job
   * @returns {number} how many jobs of its queue wait in front of it
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
