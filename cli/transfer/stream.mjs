// Reads an export to its end, over broken connections, with each entry once.
import { isPassing } from "../../client/http.js";
import { backoff, pause } from "../../client/pause.js";
import { Failure } from "../../tools/setup/run.mjs";
import { explained } from "../errors.mjs";
import { FORMATS } from "./formats.mjs";
import { lines, lively } from "./lines.mjs";

/** So many breaks without a new entry between them end it. */
const MOST_FAILURES = 5;
/** A connection that is silent for so long is dead. */
const SILENT_MS = 60_000;

/** An export that could not be completed. `cursor` is where it goes on. */
export class Incomplete extends Failure {
  constructor(reason, cursor) {
    super(`The export broke off, and can't go on now. ${reason}`);
    this.cursor = cursor;
  }
}

/**
 * Yields the bytes of each entry.
 *
 * @param {import("../../client/http.js").Http} http
 * @param {{ query: { format: string }, cursor?: string, signal?: AbortSignal }} options
 */
export async function* exported(http, { query, cursor, signal }) {
  const seen = new Seen(cursor);
  let [failures, hasBegun] = [0, false];
  for (let reason; ;) {
    try {
      const { body } = await http.send("/export", { query: { ...query, cursor: seen.cursor }, signal });
      hasBegun = true;
      let hasBrokenOff = false;
      for await (const entry of FORMATS[query.format].entries(lines(lively(body, SILENT_MS)))) {
        hasBrokenOff = entry.bytes === undefined;
        if (seen.add(entry)) failures = 0;
        else continue;
        if (entry.bytes) yield entry.bytes;
      }
      if (!hasBrokenOff) return;
      reason = "hookvault ends each answer early.";
    } catch (error) {
      // A wrong parameter is an error, a connection that breaks is not.
      if (signal?.aborted || !hasBegun || !isPassing(error)) throw error;
      reason = explained(error);
    }
    if (failures >= MOST_FAILURES) throw new Incomplete(reason, seen.cursor);
    await pause(failures === 0 ? 0 : backoff(http.pauseMs, failures), signal);
    failures += 1;
  }
}

/** The place that an export has reached, and the entries that can come again from there on. */
class Seen {
  #keys = new Set();

  constructor(cursor) {
    this.cursor = cursor;
  }

  /** Notes an entry, and returns whether it is new. */
  add({ key, cursor }) {
    if (key === undefined) {
      const isNew = cursor !== this.cursor;
      this.cursor = cursor;
      return isNew;
    }
    // Records of one millisecond come again if the job of the cursor is deleted; those of others do not.
    if (cursor && milliseconds(cursor) !== milliseconds(this.cursor)) this.#keys.clear();
    const isNew = !this.#keys.has(key);
    this.#keys.add(key);
    if (cursor && isNew) this.cursor = cursor;
    return isNew;
  }
}

const milliseconds = (cursor) => cursor?.split(":", 1)[0];
