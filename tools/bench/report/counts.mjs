// Writes the table of counts: rows and calls of each step and of a job, and the price of ten million jobs.
import { LIFE, MEASURED } from "../../cost/operations.mjs";
import { month, usage } from "../../cost/reckon.mjs";
import { aligned, SHORT } from "./table.mjs";

const COLUMNS = {
  jobRowsWritten: "rows of the job", catalogRowsWritten: "rows of the catalog", objectRequests: "object requests", alarms: "alarms",
};
const STEPS = ["acquired", "completed", "duplicate"];
const JOBS = 10_000_000;

const used = (steps) => usage(steps, LIFE, MEASURED);
const dollars = (steps) => month(used(steps), JOBS);
const whole = (n) => Math.round(n).toLocaleString("en");

/** The sums of a whole job, with their goals. */
const SUMS = [
  { name: "a job: rows written", of: (steps) => used(steps).rowsWritten, goal: 12 },
  { name: "a job: object requests and alarms", of: (steps) => used(steps).objectRequests, goal: 6 },
  { name: "10 million jobs, $", of: (steps) => dollars(steps).total, goal: 1_090 },
  {
    name: "10 million jobs without the files' storage, $", goal: 305,
    of: (steps) => dollars(steps).total - dollars(steps).items.bucketGb,
  },
];

/** @param {Record<string, object>} counts the steps of each side */
export function countsTable(counts) {
  const sides = Object.keys(counts);
  const each = (of) => sides.map((side) => whole(of(counts[side])));
  const steps = STEPS.flatMap((step) => Object.entries(COLUMNS).map(([column, name]) =>
    [`${step}: ${name}`, ...each((all) => all[step][column] ?? 0), "", ""]));
  const sums = SUMS.map(({ name, of, goal }) => [name, ...each(of), `≤ ${whole(goal)}`, met(counts.hookvault, of, goal)]);
  return aligned([["counted", ...sides.map((side) => SHORT[side]), "goal", "met"], ...steps, ...sums]);
}

const met = (ours, of, goal) => (ours ? { true: "✓", false: "✗" }[of(ours) <= goal] : "");
