// Holds the faults that are set, the jobs that they have really struck, and the operations that wait for a kill.

/** Where a binding's key or text names a job. A text for the catalog may name several. */
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
  /** The jobs that a fault has really struck. */
  struck = new Set();
  #gates = new Set();
  #counts = new Map();

  constructor() {
    this.calm();
  }

  /** Removes all faults, and lets go what is held. */
  calm() {
    /** Chooses the fault for a fetch of a file, from `answers.mjs`, or none. */
    this.source = () => undefined;
    /** Chooses the fault for a request to the queue. */
    this.queue = () => undefined;
    /**
     * Chooses the fate of a binding's operation.
     *
     * @type {(step: Step) => "fail" | "abort" | "hold" | undefined}
     */
    this.binding = () => undefined;
    /**
     * Delays an operation that names no job, such as a command between two objects of the catalog: it waits for the
     * result.
     */
    this.nameless = () => undefined;
    this.release();
  }

  strike(job) {
    this.struck.add(job);
  }

  /** Returns how often this was called for `what`, this call included. */
  count(what) {
    const nth = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, nth);
    return nth;
  }

  /** Resolves to the fate of an operation, once it is due: `pass`, `fail` or `abort`. */
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
   * Holds a job, and resolves at `release`.
   *
   * @param {string} job
   * @param {Promise<unknown>} [left] resolves when the other side has left: then the job is no longer held
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

  /** Marks everything that is held as struck, because the process is being killed. */
  strikeHeld() {
    for (const { job } of this.#gates) this.strike(job);
  }

  release() {
    for (const gate of this.#gates) gate.resolve();
    this.#gates.clear();
  }
}
