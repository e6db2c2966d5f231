// Waits for a job by long polls.
import { pause } from "./pause.js";

/** How long a caller waits who does not say so, in ms. */
const USUAL_MS = 600_000;
/** How long one request waits, in s: no proxy on the way should close it. */
const POLL_S = 30;
/** The shortest time between two requests, in ms. */
const APART_MS = 1_000;

const ENDED = new Set(["completed", "failed", "cancelled"]);

/** Tells whether a job has ended, and no file is left to copy. */
export const isSettled = ({ status, archive }) => ENDED.has(status) && archive !== "pending";

/**
 * Asks a route until `read` returns something for its response. A job that hookvault does not know yet is waited for
 * too.
 *
 * @param {(response: Response) => Promise<{ value: any } | undefined>} read
 */
export async function waitFor(http, path, { query, timeoutMs = USUAL_MS, signal }, read) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const begun = Date.now();
    const wait = Math.min(POLL_S, Math.max(0, Math.floor((end - begun) / 1_000)));
    let unknown;
    try {
      const found = await read(await http.send(path, { query: { ...query, wait }, signal }));
      if (found) return found.value;
    } catch (error) {
      if (error.code !== "no-such-job") throw error;
      unknown = error;
    }
    const now = Date.now();
    if (now >= end) throw unknown ?? new DOMException(`The job has not ended within ${timeoutMs} ms.`, "TimeoutError");
    const early = Math.min(begun + APART_MS, end) - now;
    if (early > 0) await pause(early, signal);
  }
}
