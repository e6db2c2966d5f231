// Which faults are set, which jobs they have really struck, and what is held until a kill.

/** Where a binding's key or text names a job: the catalog is told of several at once. */
const JOB = /(?:^(?:id:)?|jobs\/|manifests\/[\d-]+\/|"home":"id:)(\d{6,})/g;

/**
 * @typedef {object} Step an operation of a binding
 * @property {string} op such as `FILES.put`
 * @property {"before" | "after"} when
 * @property {string} job
 * @property {string} text its key, or its whole text
 * @property {number} nth how often this step was taken for this job, from 1
 */

export class Injector {
  /** Jobs that a fault has really struck. */
  struck = new Set();
  #gates = new Set();
  #counts = new Map();

  constructor() {
    this.calm();
  }

  /** No faults from now on; what is held goes on. */
  calm() {
    /** What a fetch of a file meets: a fault of `answers.mjs`, or nothing. */
    this.source = () => undefined;
    /** The same for a question to the queue. */
    this.queue = () => undefined;
    /**
     * What an operation of a binding meets.
     *
     * @type {(step: Step) => "fail" | "abort" | "hold" | undefined}
     */
    this.binding = () => undefined;
    /** What an operation meets that names no job, as a question of one object of the catalog to another: it waits for that. */
    this.nameless = () => undefined;
    this.release();
  }

  strike(job) {
    this.struck.add(job);
  }

  /** How often this has been asked of `what` before, and now. */
  count(what) {
    const nth = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, nth);
    return nth;
  }

  /** What becomes of an operation, when that is to be told: `pass`, `fail` or `abort`. */
  async meet({ op, when, text }) {
    const jobs = new Set(Array.from(text.matchAll(JOB), ([, job]) => job));
    if (jobs.size === 0) await this.nameless({ op, when, text });
    const fates = Array.from(jobs, (job) => {
      const nth = this.count(`${op} ${when} ${job}`);
      return [job, this.binding({ op, when, job, text, nth })];
    });
    const held = fates.filter(([, fate]) => fate === "hold").map(([job]) => this.hold(job));
    await Promise.all(held);
    return fates.find(([, fate]) => fate && fate !== "hold")?.[1] ?? "pass";
  }

  /**
   * Resolves at `release`.
   *
   * @param {string} job
   * @param {Promise<unknown>} [left] the other side has gone: nothing is held any more
   */
  async hold(job, left) {
    const gate = { job, ...Promise.withResolvers() };
    this.#gates.add(gate);
    void left?.then(() => this.#gates.delete(gate));
    await gate.promise;
  }

  holds(job) {
    return [...this.#gates].some((gate) => gate.job === job);
  }

  /** The process is being killed: all that is held dies with it. */
  strikeHeld() {
    for (const { job } of this.#gates) this.strike(job);
  }

  release() {
    for (const gate of this.#gates) gate.resolve();
    this.#gates.clear();
  }
}
