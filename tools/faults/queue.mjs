// The simulated queue for the rows: they submit jobs to it, and it knows the truth about them.
import { UPSTREAM_KEY } from "../start/stack.mjs";
import { startSimulator } from "../simulator/server.mjs";

const MODEL = "wan22-fast-t2v";
/** The knobs of all jobs: none takes longer than it must. */
const USUAL = { queueMs: 0, runMs: 0, leaseMs: 1_000, size: 65_536, previews: 0 };

/**
 * @param {object} s3 what `startS3` returns
 * @param {object} knobs of all jobs
 */
export async function startQueue(s3, knobs) {
  const queue = new Queue();
  await queue.start(s3, { ...USUAL, ...knobs });
  return queue;
}

class Queue {
  /** The jobs' ids, in the order of their submission. */
  ids = [];
  #simulator;
  #said = new Set();
  #checks = new Set();

  async start(s3, knobs) {
    const log = (line) => this.#hear(line);
    this.#simulator = await startSimulator({ s3, token: UPSTREAM_KEY, knobs, log });
    this.url = this.#simulator.url;
  }

  stop() {
    return this.#simulator.close({ abandon: true });
  }

  /** Resolves when no job runs and no webhook is on its way. */
  idle() {
    return this.#simulator.idle();
  }

  /**
   * Submits jobs. Every second one's webhooks carry a reference. Half of the `completed` ones carry no id, as in the
   * upstream's documentation.
   *
   * @param {(reference?: string) => string} hookUrl
   * @param {number} count
   * @param {object | ((n: number) => object)} [knobs] replace those of all jobs
   * @returns {Promise<string[]>} their ids
   */
  async submit(hookUrl, count, knobs = {}) {
    const knobsOf = typeof knobs === "function" ? knobs : () => knobs;
    const numbers = Array.from({ length: count }, (_, k) => this.ids.length + k);
    const ids = await Promise.all(numbers.map((n) => {
      const dialect = n % 4 < 2 ? "today" : "seed";
      const hook = `${hookUrl(n % 2 === 1 ? `order-${n}` : "")}?app=${MODEL}`;
      return this.#submit(hook, { dialect, ...knobsOf(n) });
    }));
    this.ids.push(...ids);
    return ids;
  }

  async #submit(hook, knobs) {
    const body = JSON.stringify({ prompt: "An astronaut riding a horse.", _sim: knobs });
    const path = `/queue/${MODEL}?fal_webhook=${encodeURIComponent(hook)}`;
    return (await this.#ask(path, { method: "POST", body })).request_id;
  }

  /** Returns the lines that import the jobs with `POST /jobs`. */
  get importLines() {
    return this.ids.map((id) => JSON.stringify({ id, app: MODEL })).join("\n");
  }

  /** Returns the simulator's own view of a job. */
  truth(id) {
    return this.#ask(`/_sim/jobs/${id}`);
  }

  /** Returns the answer of the result route, with newly signed URLs. */
  result(id) {
    return this.#ask(`/queue/${MODEL}/requests/${id}`);
  }

  async #ask(path, init = {}) {
    const headers = { authorization: `Bearer ${UPSTREAM_KEY}` };
    const answer = await fetch(this.url + path, { headers, ...init });
    if (!answer.ok) throw new Error(`the simulator answers ${answer.status} to ${path}`);
    return answer.json();
  }

  /** Resolves as soon as this event of each of these jobs has got its 200. */
  told(ids, eventType) {
    const lines = ids.map((id) => `job ${id}: ${eventType} told, 200`);
    return new Promise((resolve) => {
      const check = () => {
        if (lines.every((line) => this.#said.has(line))) resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  #hear(line) {
    this.#said.add(line);
    for (const check of this.#checks) check();
  }
}
