// The table of `npm run growth`.

/** The ratio that no row should exceed. */
export const GOAL = 1.2;

export const median = (all) => {
  const sorted = [...all].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
};

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
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return `${median(all).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}
