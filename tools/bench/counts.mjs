// What a job writes and asks for, counted on each side that keeps the contract. These figures are exact: they are the
// same on any machine, and one row more is a defect.
import { countLife } from "../cost/count.mjs";
import { isAsCounted, OPERATIONS } from "../cost/operations.mjs";

/** `--only counts` asks for nothing else. */
export const isCounted = (only) => "counts".includes(only);

/** @returns {Promise<Record<string, object>>} the steps of a job's life, of each side but the floor */
export async function countSides(names, dir) {
  const counts = {};
  for (const name of names.filter((side) => side !== "floor")) counts[name] = await countLife(name, dir);
  return counts;
}

/** Where our counts are other than `tools/cost/counted.json` has them, in words; none if it is right. */
export function differences(steps, expected = OPERATIONS) {
  return Object.entries(steps)
    .filter(([step, counts]) => !isAsCounted(step, counts, expected[step]))
    .map(([step, counts]) => `${step}: ${JSON.stringify(counts)}, not ${JSON.stringify(expected[step])}`);
}
