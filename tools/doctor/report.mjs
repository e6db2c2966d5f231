// Prints the findings on a terminal, in columns.
import { plain } from "../setup/terminal.mjs";

const MARKS = { ok: ["green", "✔"], warn: ["yellow", "!"], fail: ["red", "✘"] };
/** The length of the longest usual name. */
const NAME_WIDTH = 16;
const MS_WIDTH = 9;

/** Returns a finding as lines. */
export function line({ name, status, detail, fix, ms }, paint) {
  const [colour, mark] = MARKS[status];
  const time = typeof ms === "number" ? `${ms} ms` : "";
  const head = `${paint[colour](mark)} ${paint.bold(plain(name).padEnd(NAME_WIDTH))} ${paint.dim(time.padStart(MS_WIDTH))}  ${plain(detail)}`;
  const indent = " ".repeat(NAME_WIDTH + MS_WIDTH + 5);
  return typeof fix === "string" ? `${head}\n${indent}→ ${plain(fix)}` : head;
}

/** Returns the result of all findings in a sentence. */
export function verdict(checks, paint) {
  const count = (status) => checks.filter((check) => check.status === status).length;
  const [failed, warned] = [count("fail"), count("warn")];
  const some = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  if (failed > 0) return paint.red(`${some(failed, "failure")}, ${some(warned, "warning")}: correct them from the top.`);
  if (warned > 0) return paint.yellow(`It works; ${some(warned, "warning")}.`);
  return paint.green("All is well.");
}
