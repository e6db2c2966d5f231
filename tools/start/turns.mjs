// Lets a fixed number of callers go on at a time; the others wait.

export class Turns {
  #free;
  #waiting = [];

  constructor(count) {
    this.#free = count;
  }

  /** Waits for a turn, and resolves to the function that ends it. */
  async take() {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }
}
