// Waits for a condition, as the tools do, and checks how long it may take.
import assert from "node:assert/strict";

export { eventually } from "../../../tools/workerd/wait.mjs";

const TURNS = 5;

/**
 * Asserts that one of several turns takes less than `limitMs`: a busy machine makes some of them slow, a defect all of
 * them.
 *
 * @param {(turn: number) => Promise<number>} play resolves to its milliseconds; it runs until one turn is fast enough
 */
export async function within(limitMs, play) {
  const taken = [];
  while (taken.length < TURNS && !(taken.at(-1) < limitMs)) taken.push(await play(taken.length));
  assert.ok(taken.at(-1) < limitMs, `${taken.map(Math.round)} ms`);
}
