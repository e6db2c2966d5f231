// Waits for a condition without guessing how long it takes.
import { setTimeout as sleep } from "node:timers/promises";

/** Pauses grow, because each check costs the machine something, and other tests run beside this one. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 100;

/**
 * Asks until the answer is not `undefined`. The limit only ends a broken test: it is far beyond what a slow machine
 * needs.
 *
 * @param {string} what names the condition in the failure
 */
export async function eventually(what, ask, { limitMs = 60_000 } = {}) {
  const end = Date.now() + limitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LAST_PAUSE_MS)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(pause);
  }
}
