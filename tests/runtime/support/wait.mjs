// Waiting for what must come true, as the tools do it, and how long that may take.
import assert from "node:assert/strict";

export { eventually } from "../../../tools/workerd/wait.mjs";

const TURNS = 5;

/**
 * Asserts that one of some turns takes less than `limitMs`: a busy machine makes some of them slow, a defect all.
 *
 * @param {(turn: number) => Promise<number>} play resolves to its milliseconds; plays until one is fast enough
 */
export async function within(limitMs, play) {
  const taken = [];
  while (taken.length < TURNS && !(taken.at(-1) < limitMs)) taken.push(await play(taken.length));
  assert.ok(taken.at(-1) < limitMs, `${taken.map(Math.round)} ms`);
}
