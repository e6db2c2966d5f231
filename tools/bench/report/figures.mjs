// The arithmetic of the bench: medians, ratios of the turns of one run, and whether a goal is met.

/** Returns the middle value, or the mean of the two middle ones. */
export function median(values) {
  if (values.length === 0) throw new Error("the median of nothing");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return Number.isInteger(half) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[Math.floor(half)];
}

export const spread = (values) =>
  ({ median: median(values), min: Math.min(...values), max: Math.max(...values) });

/** Returns the value at or below which `share` of all values lie. */
export function percentile(values, share) {
  if (values.length === 0) throw new Error("a percentile of nothing");
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

const BY = {
  ratio: (ours, theirs) => ours / theirs,
  difference: (ours, theirs) => ours - theirs,
};

/**
 * Compares two sides turn by turn. What disturbs a turn disturbs both, so the median of these ratios is steadier than
 * the ratio of two medians.
 */
export function paired(ours, theirs, by = "ratio") {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} turns beside ${theirs.length}`);
  return spread(ours.map((value, n) => BY[by](value, theirs[n])));
}

/** Tells whether a value reaches a limit, which is its minimum for "more", else its maximum. */
export const reaches = (value, limit, better) => (better === "more" ? value >= limit : value <= limit);

const judged = (value, { goal, far }, better) => (goal === undefined ? value :
  { ...value, goal, isMet: reaches(value.median, goal, better), isFar: !reaches(value.median, far, better) });

/**
 * Returns a ratio of medians, for values that vary too much from turn to turn. Its `min` and `max` are those of the
 * turns.
 */
const ofMedians = (ours, theirs) => ({ ...paired(ours, theirs), median: median(ours) / median(theirs) });

const compared = (ours, theirs, by) => (by === "medians" ? ofMedians(ours, theirs) : paired(ours, theirs, by));

/** Returns all sides except the `base`, each value less the base's median. */
function overBase(samples, base) {
  if (base === undefined) return samples;
  const less = median(samples[base]);
  const others = Object.entries(samples).filter(([side]) => side !== base);
  return Object.fromEntries(others.map(([side, values]) => [side, values.map((value) => value - less)]));
}

/**
 * Computes a metric's figures.
 *
 * @param {object} metric `better` is "more" or "less". `goals` has, for each side that hookvault is compared with, the
 *   `goal` and what is `far` off it, if there is one. `own` is a goal for hookvault's value itself. `by` says how sides
 *   are compared. `base` names a side that only serves to be subtracted from the others.
 * @param {Record<string, number[]>} all the values of each side, one for each turn
 */
export function assess(metric, all) {
  const samples = overBase(all, metric.base);
  const ours = samples.hookvault;
  const against = Object.entries(metric.goals ?? {})
    .filter(([side]) => ours && samples[side])
    .map(([side, goal]) => [side, judged(compared(ours, samples[side], metric.by), goal, metric.better)]);
  const own = metric.own && ours && judged(spread(ours), metric.own, metric.better);
  const sides = Object.entries(samples).map(([side, values]) => [side, spread(values)]);
  const verdicts = [...against.map(([, verdict]) => verdict), ...(own ? [own] : [])].filter(({ goal }) => goal !== undefined);
  return {
    metric,
    turns: Math.max(...Object.values(samples).map((values) => values.length)),
    sides: Object.fromEntries(sides),
    against: Object.fromEntries(against),
    own: own || undefined,
    isMet: verdicts.length > 0 ? verdicts.every(({ isMet }) => isMet) : undefined,
    isFar: verdicts.some(({ isFar }) => isFar),
  };
}
