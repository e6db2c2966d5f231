// The figures as a table, for a terminal and for Markdown alike.
import { SIDES } from "../sides.mjs";

const HEADINGS = ["row", "measure", "turns", "hookvault", "twin", "floor", "× twin", "goal", "× floor", "goal", "met"];
const SIGNS = { more: "≥", less: "≤" };

export function table(figures) {
  const rows = figures.map(cells);
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, n) => Math.max(...all.map((row) => row[n].length)));
  const line = (row) => `| ${row.map((cell, n) => cell.padEnd(widths[n])).join(" | ")} |`;
  return [line(HEADINGS), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

function cells({ metric, turns, sides, against, own, isMet }) {
  const beside = (side) => [shownRatio(metric, against[side]), goalOf(metric, against[side])];
  const [twin, floor] = [beside("twin"), beside("floor")];
  // A goal for our own value stands where no other side's does.
  if (own) twin[1] = `${SIGNS[metric.better]} ${own.goal}`;
  const met = { true: "✓", false: "✗", undefined: "" }[isMet];
  return [metric.row, metric.what, String(turns), ...SIDES.map((side) => shown(sides[side])), ...twin, ...floor, met];
}

const goalOf = ({ better, by }, verdict) =>
  (verdict ? `${SIGNS[better]} ${by === "difference" ? "+" : ""}${verdict.goal}` : "");

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

/** Three significant digits, but all of a whole number's. */
export function short(value) {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1))));
}
