// Prints: JSON for programs, columns and lines for people.
import { plain } from "../tools/setup/terminal.mjs";

/** Adds the flag that asks for JSON. */
export const withJson = (command) => command.option("--json", "print JSON, one value a line");

/** Prints a value as one line of JSON. */
export const printJson = (value) => console.log(JSON.stringify(value));

/** Prints rows in columns. The last column is as wide as it is. */
export function printRows(rows) {
  const texts = rows.map((row) => row.map((cell) => plain(cell ?? "-")));
  const widths = (texts[0] ?? []).map((_, n) => Math.max(...texts.map((row) => row[n].length)));
  for (const row of texts) console.log(row.map((cell, n) => (n < row.length - 1 ? cell.padEnd(widths[n]) : cell)).join("  "));
}

/** Returns a number of bytes for people. */
export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0;
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
