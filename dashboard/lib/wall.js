// The wall that was shown last. It goes on while the reader is on another page, so that the way back leads to the same
// place.
import { now } from "./clock.js";
import { Jobs } from "./jobs.js";

/** How many ms the feed may take to start before the listing is loaded without it. */
const PATIENCE_MS = 1_000;
const POLL_MS = 5_000;

export class Wall {
  /** The parameters of the page's address. */
  params = {};
  /** How far the reader had scrolled down, in pixels. */
  scroll = 0;
  #key;
  #jobs;
  #stops = [];

  constructor(api, live) {
    [this.api, this.live] = [api, live];
  }

  /** Returns the jobs that match the filter, kept up to date from now on. */
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
    // Loads the listing only once the feed has started: otherwise changes in between would be missed.
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
