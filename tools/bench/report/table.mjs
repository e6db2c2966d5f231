// Writes the figures as a table, for a terminal and for Markdown.
import { SIDES } from "../sides.mjs";

/** The sides' names in narrow columns. */
export const SHORT = { hookvault: "hookvault", conventional: "conventional", "same-design": "same design", floor: "floor" };
const OTHERS = SIDES.slice(1);
const HEADINGS = [
  "row", "measure", "turns", ...SIDES.map((side) => SHORT[side]), ...OTHERS.map((side) => `× ${SHORT[side]}`), "goal", "met",
];
const SIGNS = { more: "≥", less: "≤" };

export function table(figures) {
  return aligned([HEADINGS, ...figures.map(cells)]);
}

/** Aligns rows of cells in columns. The first row has the headings. */
export function aligned(rows) {
  const widths = rows[0].map((_, n) => Math.max(...rows.map((row) => row[n].length)));
  const line = (row) => `| ${row.map((cell, n) => cell.padEnd(widths[n])).join(" | ")} |`;
  const [head, ...rest] = rows;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rest.map(line)].join("\n");
}

function cells({ metric, turns, sides, against, own, isMet }) {
  const ratios = OTHERS.map((side) => shownRatio(metric, against[side]));
  const goals = OTHERS.map((side) => goalOf(metric, against[side], SHORT[side]));
  if (own) goals.push(`${SIGNS[metric.better]} ${own.goal}`);
  const met = { true: "✓", false: "✗", undefined: "" }[isMet];
  return [
    metric.row, metric.what, String(turns), ...SIDES.map((side) => shown(sides[side])), ...ratios,
    goals.filter(Boolean).join(", "), met,
  ];
}

function goalOf({ better, by }, verdict, of) {
  if (verdict?.goal === undefined) return "";
  const goal = by === "difference" ? `+${verdict.goal} to` : `${verdict.goal} ×`;
  return `${SIGNS[better]} ${goal} ${of}`;
}

function shown(values) {
  if (!values) return "";
  const { median, min, max } = values;
  return min === max ? short(median) : `${short(median)} (${short(min)}–${short(max)})`;
}

function shownRatio({ by }, verdict) {
  if (!verdict) return "";
  const format = (value) => (by === "difference" ? `${value < 0 ? "" : "+"}${value.toFixed(1)}` : value.toFixed(2));
  return `${format(verdict.median)} (${format(verdict.min)}–${format(verdict.max)})`;
}

/** Returns three significant digits, or all digits of a whole number. */
export function short(value) {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1))));
}
