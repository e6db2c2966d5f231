// The wall's jobs, newest first: pages of the listing, and changes from the live feed.
import { query } from "./api.js";
import { Emitter } from "./emitter.js";
import { matches, toQuery } from "./filter.js";

const PAGE = 100;

export class Jobs extends Emitter {
  /** The jobs in the order of the wall. */
  list = [];
  /** How many new jobs are held back while the reader is further down. */
  held = 0;
  /** Whether the first page is loaded. */
  loaded = false;
  error = null;
  #byId = new Map();
  #gone = new Set();
  #cursor;
  #busy = null;
  #hold = false;
  #shown = [];
  #scheduled = false;

  constructor(api, filter, now) {
    super();
    [this.api, this.filter] = [api, toQuery(filter, now)];
  }

  get isWhole() {
    return this.loaded && this.#cursor === null;
  }

  /** Loads the first page again. The feed reports later changes. */
  load() {
    return this.#ask(undefined);
  }

  /** Loads the next page, unless one is being loaded. */
  more() {
    return this.#busy ?? (this.isWhole || !this.loaded ? undefined : this.#ask(this.#cursor));
  }

  /** Handles a message of the live feed. */
  take({ job, deleted, resync }) {
    if (resync) return this.#startAnew();
    if (deleted) {
      this.#gone.add(deleted);
      this.#drop(deleted);
    } else {
      this.#put(job, true);
    }
    this.#changed();
  }

  /** Loads everything again from the first page, because the changes since then are unknown. */
  #startAnew() {
    this.#byId.clear();
    [this.#shown, this.#cursor, this.loaded] = [[], undefined, false];
    return this.load();
  }

  /** Sets whether new jobs wait until the reader comes back to the top. */
  hold(held) {
    if (this.#hold === held) return;
    this.#hold = held;
    if (!held) this.#show();
  }

  #ask(cursor) {
    const ask = this.api.json(`/jobs${query({ ...this.filter, limit: PAGE, cursor })}`);
    const busy = ask.then((page) => this.#took(page, cursor), (error) => {
      this.error = error;
    }).finally(() => {
      this.#busy = null;
      this.emit();
    });
    this.#busy = busy;
    return busy;
  }

  #took(page, cursor) {
    this.error = null;
    for (const job of page.jobs) if (!this.#gone.has(job.id)) this.#put(job, false);
    // A first page that was loaded again does not say how far the other pages go.
    if (cursor !== undefined || !this.loaded) this.#cursor = page.cursor;
    else this.#forget(page);
    this.loaded = true;
    this.#show();
  }

  /** Removes jobs that the first page no longer has, after it was loaded again. */
  #forget({ jobs, cursor }) {
    const there = new Set(jobs.map(({ id }) => id));
    const reach = cursor === null ? -Infinity : jobs.at(-1)?.createdAt;
    for (const { id, createdAt } of [...this.#shown]) if (createdAt > reach && !there.has(id)) this.#drop(id);
  }

  #put(job, isNews) {
    const known = this.#byId.get(job.id);
    if (known && known.updatedAt > job.updatedAt) return;
    if (!matches(this.filter, job)) return this.#drop(job.id);
    // The job was known only by its reference before.
    const before = job.ref && this.#byId.get(`ref:${job.ref}`);
    if (before && before.id !== job.id && before.createdAt === job.createdAt) this.#drop(before.id);
    // The job is older than all loaded pages: its own page will bring it.
    const isBeyond = isNews && this.#cursor && !known && this.#shown.length > 0
      && job.createdAt < this.#shown.at(-1).createdAt;
    if (isBeyond) return;
    this.#byId.set(job.id, job);
    const at = known ? this.#shown.indexOf(known) : place(this.#shown, job);
    this.#shown.splice(at, known ? 1 : 0, job);
  }

  #drop(id) {
    const known = this.#byId.get(id);
    if (!known) return;
    this.#byId.delete(id);
    this.#shown.splice(this.#shown.indexOf(known), 1);
  }

  /** Combines many messages at once into one change. */
  #changed() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#show();
    });
  }

  #show() {
    const newest = this.list[0];
    const at = newest && this.#hold ? this.#shown.findIndex(({ createdAt }) => createdAt <= newest.createdAt) : 0;
    this.held = Math.max(at, 0);
    this.list = this.#shown.slice(this.held);
    this.emit();
  }
}

/** Returns the position of a job among sorted jobs. */
function place(jobs, job) {
  let [from, to] = [0, jobs.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const other = jobs[middle];
    const isBefore = other.createdAt > job.createdAt || (other.createdAt === job.createdAt && other.id > job.id);
    if (isBefore) from = middle + 1;
    else to = middle;
  }
  return from;
}
