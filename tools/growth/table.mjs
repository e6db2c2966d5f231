// The table of `npm run growth`.
import { median, spread } from "../bench/report/figures.mjs";

/** The ratio that no row should exceed. */
export const GOAL = 1.2;

/** `few` and `many` in turns; the ratio is that of the medians. */
export function row(name, [few, many]) {
  const ratio = median(many) / median(few);
  const verdict = ratio <= GOAL ? "met" : "**not met**";
  return `| ${name} | ${shown(few)} | ${shown(many)} | ${ratio.toFixed(2)} | ${verdict} |`;
}

export function head(few, many) {
  const jobs = (count) => `${count.toLocaleString("en")} jobs, ms`;
  return [`| | ${jobs(few)} | ${jobs(many)} | ratio | goal ≤ ${GOAL} |`, "|---|---|---|---|---|"];
}

function shown(all) {
  const { median: middle, min, max } = spread(all);
  return `${middle.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
