// Writes the table of `npm run growth`.
import { median, spread } from "../bench/report/figures.mjs";

/** The highest ratio that a row served by an index should have. */
export const GOAL = 1.2;

/** Returns a row: the times with few jobs, then those of the other vaults. Ratios compare the medians. */
export function row({ name, scan }, [few, ...others]) {
  const ratios = others.map((many) => median(many) / median(few));
  const verdict = scan ? "a scan" : ratios.every((ratio) => ratio <= GOAL) ? "met" : "**not met**";
  const cells = others.flatMap((many, n) => [shown(many), ratios[n].toFixed(2)]);
  return `| ${[name, shown(few), ...cells, verdict].join(" | ")} |`;
}

/** @param {{ jobs: number, days: number }[]} sizes the one with few jobs first */
export function head([few, ...others]) {
  const named = ({ jobs, days }) => `${jobs.toLocaleString("en")} jobs on ${days === 1 ? "one day" : `${days} days`}, ms`;
  const heads = ["", named(few), ...others.flatMap((size) => [named(size), "ratio"]), `goal ≤ ${GOAL}`];
  return [`| ${heads.join(" | ")} |`, `|${"---|".repeat(heads.length)}`];
}

function shown(all) {
  const { median: middle, min, max } = spread(all);
  return `${middle.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
