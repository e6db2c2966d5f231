// Repeats what failed on the way, with growing pauses.
import { backoff, pause } from "../../client/pause.js";
import { isPassing } from "./errors.mjs";

/** The pause before the first repetition, in ms. */
const BASE_MS = 300;
/** The longest `Retry-After` that is waited for, in ms. */
const LONGEST_MS = 120_000;

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed `retries` times after the first without progress.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {{ retries: number, signal: AbortSignal, progress?: () => number }} options
 * @returns {Promise<T>}
 */
export async function keepTrying(attempt, { retries, signal, progress = () => 0 }) {
  for (let failures = 0; ; ) {
    const before = progress();
    try {
      signal.throwIfAborted();
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      failures = progress() > before ? 1 : failures + 1;
      const wanted = (error.retryAfter ?? 0) * 1_000;
      if (!isPassing(error) || failures > retries || wanted > LONGEST_MS) throw error;
      await pause(Math.max(wanted, backoff(BASE_MS, failures - 1)), signal);
    }
  }
}
