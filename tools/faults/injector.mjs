// Which faults are set, which jobs they have really struck, and what is held until a kill.

/** Where a binding's key or text names its job. */
const JOB = /(?:^|jobs\/|manifests\/[\d-]+\/|"home":"id:)(\d{6,})/;

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
    const job = JOB.exec(text)?.[1];
    if (job === undefined) return "pass";
    const nth = this.count(`${op} ${when} ${job}`);
    const fate = this.binding({ op, when, job, text, nth }) ?? "pass";
    if (fate !== "hold") return fate;
    await this.hold(job);
    return "pass";
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
