// So many at a time; the others wait.

export class Turns {
  #free;
  #waiting = [];

  constructor(count) {
    this.#free = count;
  }

  /** Resolves to what ends the turn. */
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
