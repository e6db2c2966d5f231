// Finds the files to download: those of a filter, or of named jobs.
import { isJob, listOf } from "../../client/answer.js";
import { Failure } from "../../tools/setup/run.mjs";
import { inWords, isFatal } from "./errors.mjs";
import { fileNames, jobFolder } from "./names.mjs";
import { keepTrying } from "./retry.mjs";

const PAGE = 200;
/** How many records are read at a time. */
const AHEAD = 8;
/** The characters of an ETag in a header. */
const ETAG = /^[\x21\x23-\x7e]+$/;

export class List {
  #vault;
  #http;
  #tries;

  constructor({ vault, http }, { signal, retries }) {
    [this.#vault, this.#http, this.#tries] = [vault, http, { signal, retries }];
  }

  /**
   * Yields each job once: its files to store, and how many others there are. A job that can't be read has an `error`.
   *
   * @param {string[]} ids all of the filter, if there are none
   * @returns {AsyncGenerator<{ job: string, entries?: import("./store.mjs").Entry[], others?: object, error?: Error }>}
   */
  async *jobs(ids, filter) {
    const seen = new Set();
    for await (const found of ahead(ids.length > 0 ? ids : this.#listed(filter), AHEAD, (id) => this.#plan(id))) {
      const key = found.entries ? found.folder : found.job;
      if (!seen.has(key)) yield found;
      seen.add(key);
    }
  }

  /** Reads a file's record again, from the job itself. Throws if it is no longer stored. */
  async renew({ job, file: { n } }) {
    const { files } = await this.#record(job, true);
    const found = files.find((one) => one?.n === n);
    if (found?.state !== "stored") throw new Failure(`it is no longer stored: it is ${found?.state ?? "not in the record"}`);
    return storedFile(found);
  }

  async *#listed(filter) {
    const { signal } = this.#tries;
    for (let cursor; cursor !== null; ) {
      const query = { limit: PAGE, ...filter, cursor };
      const page = await keepTrying(() => this.#http.json("/jobs", { query, signal }), this.#tries);
      // A job without outputs needs no request.
      for (const { id, archive } of listOf(page, "jobs", isJob)) if (archive !== "none") yield String(id);
      cursor = page.cursor ?? null;
    }
  }

  async #plan(id) {
    try {
      const record = await this.#record(id, false);
      const job = String(record.id ?? id);
      const stored = record.files.filter(({ state }) => state === "stored");
      // All files have a name, so that a file keeps its own when another one is stored later.
      const names = fileNames(record.files);
      const folder = jobFolder(job);
      const entries = stored.map((file) => ({ job, folder, name: names[record.files.indexOf(file)], file: storedFile(file) }));
      return { job, folder, entries, others: others(record) };
    } catch (error) {
      return { job: id, error };
    }
  }

  async #record(id, isFresh) {
    const record = await keepTrying(() => this.#vault.job(id, { isFresh, signal: this.#tries.signal }), this.#tries);
    const isRecord = Array.isArray(record?.files) && record.files.every((file) => Number.isSafeInteger(file?.n) && file.n >= 0);
    if (!isRecord) throw new Failure("the answer is not a job's record");
    return record;
  }
}

/** Counts what can't be downloaded. */
function others({ files, skipped }) {
  const count = (state) => files.filter((file) => file.state === state).length;
  return { pending: count("pending"), lost: count("lost"), skipped: Array.isArray(skipped) ? skipped.length : 0 };
}

/** Returns what a download needs to know of a file. */
function storedFile({ n, url, size, etag }) {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Failure(`its link is not a URL: ${url}`);
  return { n, url, size: Number.isSafeInteger(size) && size >= 0 ? size : null, etag: typeof etag === "string" && ETAG.test(etag) ? etag : null };
}

/** Yields `read` of each item in order, and reads some at a time. `read` must not throw. */
async function* ahead(items, count, read) {
  const reading = [];
  for await (const item of items) {
    reading.push(read(item));
    if (reading.length >= count) yield await reading.shift();
  }
  while (reading.length > 0) yield await reading.shift();
}

/** Throws an error after which nothing else can succeed, and returns any other in words. */
export function reason(error, signal) {
  signal.throwIfAborted();
  if (isFatal(error)) throw error;
  return inWords(error);
}
