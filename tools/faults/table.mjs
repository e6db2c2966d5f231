// Prints the table, each row as soon as it is played.
import { LOSSES } from "./judge.mjs";

const NAME_WIDTH = 42;
const HEADINGS = ["jobs", "struck", ...Object.keys(LOSSES), "time"];
const MAX_NOTES = 5;

/** Returns the two lines above the rows, in Markdown. */
export function head() {
  const rules = HEADINGS.map((heading) => `${"-".repeat(heading.length + 1)}:`);
  return `| ${"fault".padEnd(NAME_WIDTH)} | ${HEADINGS.join(" | ")} |   |\n`
    + `|${"-".repeat(NAME_WIDTH + 2)}|${rules.join("|")}|---|`;
}

/** Returns a played row as a line of the table. */
export function line({ name, jobs, struck, counts, seconds, isRed }) {
  const values = [jobs, struck, ...Object.values(counts), `${seconds.toFixed(0)} s`];
  const cells = values.map((value, n) => String(value).padStart(HEADINGS[n].length));
  return `| ${name.padEnd(NAME_WIDTH)} | ${cells.join(" | ")} | ${isRed ? "✗" : "✓"} |`;
}

/** Explains the columns. */
export function legend() {
  const lines = Object.entries(LOSSES).map(([name, meaning]) => `  ${name.padEnd(8)} ${meaning}`);
  const struck = "  struck   jobs that the fault really struck; a row needs 90 %";
  return ["", struck, ...lines].join("\n");
}

/** Returns the first few losses in words. */
export function remarks({ notes }) {
  const more = notes.length > MAX_NOTES ? [`… and ${notes.length - MAX_NOTES} more`] : [];
  return [...notes.slice(0, MAX_NOTES), ...more].map((note) => `    ${note}`).join("\n");
}
