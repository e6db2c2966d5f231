// The wall that was looked at last: it goes on while the reader is on another page, so that the way
// back leads to the same place.
import { now } from "./clock.js";
import { Jobs } from "./jobs.js";

/** How long the feed may take to begin before the listing is asked without it. */
const PATIENCE_MS = 1_000;
const POLL_MS = 5_000;

export class Wall {
  /** The parameters of the page's address. */
  params = {};
  /** How far down the reader was. */
  scroll = 0;
  #key;
  #jobs;
  #stops = [];

  constructor(api, live) {
    [this.api, this.live] = [api, live];
  }

  /** The jobs that the filter means, kept up to date from now on. */
  open(filter) {
    const key = JSON.stringify(filter);
    if (key !== this.#key) {
      this.close();
      [this.#key, this.params, this.scroll] = [key, filter, 0];
      this.#jobs = new Jobs(this.api, filter, now());
      this.#follow(this.#jobs);
    }
    return this.#jobs;
  }

  close() {
    for (const stop of this.#stops.splice(0)) stop();
    this.#key = undefined;
  }

  #follow(jobs) {
    const { live } = this;
    // What happens between the listing and the feed's beginning would be missed otherwise.
    const look = () => {
      if (live.state === "connecting") return;
      if (!jobs.loaded) jobs.load();
      else if (jobs.error) jobs.more();
    };
    look();
    const impatient = setTimeout(() => jobs.loaded || jobs.load(), PATIENCE_MS);
    const polled = setInterval(() => live.state === "off" && jobs.load(), POLL_MS);
    this.#stops = [live.subscribe((message) => jobs.take(message)), live.states.subscribe(look),
      () => clearTimeout(impatient), () => clearInterval(polled)];
  }
}
