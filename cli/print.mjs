// Prints: JSON for programs, columns and lines for people.
import { plain } from "../tools/setup/terminal.mjs";

const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Adds the flag that asks for JSON. */
export const withJson = (command) => command.option("--json", "print JSON, one value a line");

/** Prints a value as one line of JSON. */
export const printJson = (value) => printJsonText(JSON.stringify(value));

/** Prints a JSON text on one line, with its numbers as they are. */
export const printJsonText = (text) => console.log(oneLine(text));

/** Returns a JSON text on one line. Characters that control a terminal are escaped. */
export const oneLine = (text) => text.replaceAll(/[\r\n\t]+/g, "").replaceAll(CONTROLS, (character) =>
  character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""));

/** Prints rows in columns. The last column is as wide as it is. */
export function printRows(rows) {
  const texts = rows.map((row) => row.map((cell) => plain(cell ?? "-")));
  const widths = (texts[0] ?? []).map((_, n) => Math.max(...texts.map((row) => row[n].length)));
  for (const row of texts) console.log(row.map((cell, n) => (n < row.length - 1 ? cell.padEnd(widths[n]) : cell)).join("  ").trimEnd());
}

/** Returns a number of bytes for people. */
export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0;
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Returns a time for people. @param {number} ms since 1970 */
export const time = (ms) => (isTime(ms) ? `${new Date(ms).toISOString().slice(0, 19)}Z` : "-");

const isTime = (ms) => typeof ms === "number" && !Number.isNaN(new Date(ms).getTime());

/** Returns a value in a column of this width. */
export const padded = (value, width) => plain(value ?? "-").padEnd(width);

/** A reference that hookvault made itself, which nobody needs to read. */
const OWN = /^gw-[0-9a-f]{32}$/;

/** Returns a job's id, and the caller's reference. */
export const named = ({ id, ref }) => (typeof ref === "string" && !OWN.test(ref) ? `${plain(id)} (${ref})` : plain(id));

/** Returns a count with its noun: "1 file", "1,200 files". */
export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
