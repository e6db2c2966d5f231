// Waits for a job, prints its record, and says what to do if the wait ends before the job.
import { isPassing } from "../client/http.js";
import { backoff, pause } from "../client/pause.js";
import { ownCommand, shellWord } from "../tools/setup/command.mjs";
import { NOT_DONE } from "./errors.mjs";
import { milliseconds } from "./input.mjs";
import { printJsonText } from "./print.mjs";
import { isWell, printRecord } from "./record.mjs";

/** A wait ends after so many failures, some 40 s. */
const [MOST_FAILURES, PAUSE_MS] = [6, 500];

/** Adds the flags of a wait. */
export const waited = (command) => command
  .option("--wait", "wait until the job has ended and its files are copied; ends with 1 if it failed, or if a file is missing")
  .option("--timeout <seconds>", "how long to wait", "600");

/** Waits, prints the record, and sets the exit code. `isKnown` says that hookvault has answered for this job already. */
export async function waitAndPrint(vault, job, { json, timeout }, { isKnown = false, signal }) {
  const timeoutMs = milliseconds(timeout, "--timeout");
  let text;
  try {
    text = (isKnown ? undefined : await atOnce(vault, job, signal)) ?? await patiently(vault, job, timeoutMs, signal);
  } catch (error) {
    const isLeft = isKnown || ["AbortError", "TimeoutError"].includes(error.name);
    if (isLeft) console.error(`The job goes on without this command. Look at it with: ${ownCommand()} job ${shellWord(job)} --wait`);
    throw error.name === "TimeoutError" ? new DOMException(`The job has not ended within ${timeout} s.`, "TimeoutError") : error;
  }
  print(text, { json });
  if (!isWell(JSON.parse(text))) process.exitCode = NOT_DONE;
}

/** Returns the record if the job has ended. A wrong address or token is an error here, before anything is waited for. */
async function atOnce(vault, job, signal) {
  try {
    return await vault.wait(job, { timeoutMs: 0, as: "text", signal });
  } catch (error) {
    // A job that is not known yet may come.
    if (error.name === "TimeoutError" || error.code === "no-such-job") return undefined;
    throw error;
  }
}

/** Waits, also over a restart of hookvault. */
async function patiently(vault, job, timeoutMs, signal) {
  const end = Date.now() + timeoutMs;
  for (let failures = 0; ; failures += 1) {
    try {
      return await vault.wait(job, { timeoutMs: Math.max(0, end - Date.now()), as: "text", signal });
    } catch (error) {
      const isOver = signal.aborted || error.name === "TimeoutError" || !isPassing(error);
      if (isOver || failures >= MOST_FAILURES || Date.now() >= end) throw error;
      console.error("hookvault does not answer; asking again …");
      await pause(backoff(PAUSE_MS, failures), signal);
    }
  }
}

/** Prints a record, which is given as JSON. */
export function print(text, { json }) {
  if (json) printJsonText(text);
  else printRecord(JSON.parse(text));
}
