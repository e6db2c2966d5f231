// The files that are known and not begun.

/** How many may wait. A record has at most 700 files. */
const MOST = 10_000;

export class Backlog {
  #waiting = [];
  #isClosed = false;
  #changed = Promise.withResolvers();

  /** Adds items, once there is room for them. */
  async add(items) {
    while (this.#waiting.length >= MOST && !this.#isClosed) await this.#changed.promise;
    this.#waiting.push(...items);
    this.#wake();
  }

  /** Says that nothing more comes. */
  close() {
    this.#isClosed = true;
    this.#wake();
  }

  /** Returns the next item; undefined after the last one. */
  async take() {
    while (this.#waiting.length === 0 && !this.#isClosed) await this.#changed.promise;
    const item = this.#waiting.shift();
    this.#wake();
    return item;
  }

  #wake() {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
