// Keeps track of all unfinished work: jobs that run, webhooks on their way. So a test can wait for the end instead of
// sleeping, and notices what it left behind.

export class Work {
  #running = new Set();
  #errors = [];
  #log;

  /** @param {(line: string) => void} log gets each failure at once */
  constructor(log) {
    this.#log = log;
  }

  /**
   * Starts a task. `idle` reports its failure, unless the task was stopped.
   *
   * @param {string} label names the task if it is left behind
   * @param {(signal: AbortSignal) => Promise<void>} task
   * @returns {{ stop: () => void, done: Promise<void> }} `done` never rejects
   */
  run(label, task) {
    const abort = new AbortController();
    const entry = { label, stop: () => abort.abort() };
    this.#running.add(entry);
    entry.done = task(abort.signal)
      .catch((error) => abort.signal.aborted || this.#failed(label, error))
      .then(() => void this.#running.delete(entry));
    return entry;
  }

  /** Resolves when no task is left, including tasks that began meanwhile. */
  async idle() {
    while (this.#running.size > 0) {
      await Promise.all([...this.#running].map((entry) => entry.done));
    }
    if (this.#errors.length > 0) {
      const errors = this.#errors.splice(0);
      throw new AggregateError(errors, `the simulator itself failed: ${errors.join("; ")}`);
    }
  }

  #failed(label, error) {
    this.#errors.push(error);
    this.#log(`${label}: ${error.stack}`);
  }

  /**
   * Stops all tasks.
   *
   * @returns {Promise<string[]>} the labels of those that were still running
   */
  async stop() {
    const left = [...this.#running].map((entry) => entry.label);
    while (this.#running.size > 0) {
      for (const entry of this.#running) entry.stop();
      await Promise.all([...this.#running].map((entry) => entry.done));
    }
    return left;
  }
}
