// Counts what a job writes and asks for, on each side that keeps the contract. These figures are exact: they are the
// same on any machine, and one more row is a defect.
import { countLife } from "../cost/count.mjs";
import { isAsCounted, OPERATIONS } from "../cost/operations.mjs";

/** Tells whether counts are wanted: `--only counts` asks for nothing else. */
export const isCounted = (only) => "counts".includes(only);

/** @returns {Promise<Record<string, object>>} the steps of a job's life, for each side except the floor */
export async function countSides(names, dir) {
  const counts = {};
  for (const name of names.filter((side) => side !== "floor")) counts[name] = await countLife(name, dir);
  return counts;
}

/** Returns, in words, where counts differ from `tools/cost/counted.json`; an empty list if they do not. */
export function differences(steps, expected = OPERATIONS) {
  return Object.entries(steps)
    .filter(([step, counts]) => !isAsCounted(step, counts, expected[step]))
    .map(([step, counts]) => `${step}: ${JSON.stringify(counts)}, not ${JSON.stringify(expected[step])}`);
}
