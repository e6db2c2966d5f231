// Runs the doctor on a terminal: prints each finding as soon as it is made, and the result at the end.
import { exitCode } from "./check.mjs";
import { examine } from "./examine.mjs";
import { line, verdict } from "./report.mjs";

/**
 * @param {object} options
 * @param {URL} options.url
 * @param {string} options.token
 * @param {object} options.paint
 * @param {(text: string) => void} [options.say]
 * @returns {Promise<number>} the exit code: 0, 1 if there are only warnings, 2 if something failed
 */
export async function diagnose({ url, token, paint, say = console.log }) {
  const checks = await examine({ url, token, say: (check) => say(line(check, paint)) });
  say(`\n${verdict(checks, paint)}`);
  return exitCode(checks);
}
