// The table, a row as soon as it is played.
import { LOSSES } from "./judge.mjs";

const NAME_WIDTH = 42;
const HEADINGS = ["jobs", "struck", ...Object.keys(LOSSES), "time"];
const MAX_NOTES = 5;

/** The two lines above the rows, as Markdown has them. */
export function head() {
  const rules = HEADINGS.map((heading) => `${"-".repeat(heading.length + 1)}:`);
  return `| ${"fault".padEnd(NAME_WIDTH)} | ${HEADINGS.join(" | ")} |   |\n`
    + `|${"-".repeat(NAME_WIDTH + 2)}|${rules.join("|")}|---|`;
}

/** A played row as a line of the table. */
export function line({ name, jobs, struck, counts, seconds, isRed }) {
  const values = [jobs, struck, ...Object.values(counts), `${seconds.toFixed(0)} s`];
  const cells = values.map((value, n) => String(value).padStart(HEADINGS[n].length));
  return `| ${name.padEnd(NAME_WIDTH)} | ${cells.join(" | ")} | ${isRed ? "✗" : "✓"} |`;
}

/** What the columns mean. */
export function legend() {
  const lines = Object.entries(LOSSES).map(([name, meaning]) => `  ${name.padEnd(8)} ${meaning}`);
  const struck = "  struck   jobs that the fault really struck; a row needs 90 %";
  return ["", struck, ...lines].join("\n");
}

/** What was lost, in words; the first few. */
export function remarks({ notes }) {
  const more = notes.length > MAX_NOTES ? [`… and ${notes.length - MAX_NOTES} more`] : [];
  return [...notes.slice(0, MAX_NOTES), ...more].map((note) => `    ${note}`).join("\n");
}
