// Waits for a job, prints its record, and says what to do if the wait ends before the job.
import { ownCommand } from "../tools/setup/command.mjs";
import { NOT_DONE } from "./errors.mjs";
import { milliseconds } from "./input.mjs";
import { printJsonText } from "./print.mjs";
import { isWell, printRecord } from "./record.mjs";

/** Adds the flags of a wait. */
export const waited = (command) => command
  .option("--wait", "wait until the job has ended and its files are copied; ends with 1 if it failed, or if a file is missing")
  .option("--timeout <seconds>", "how long to wait", "600");

/** Waits, prints the record, and sets the exit code. */
export async function waitAndPrint(vault, job, { json, timeout }, signal) {
  const timeoutMs = milliseconds(timeout, "--timeout");
  let text;
  try {
    text = await vault.wait(job, { timeoutMs, as: "text", signal });
  } catch (error) {
    if (error.code !== "no-such-job") console.error(`The job goes on without this command. Look at it with: ${ownCommand()} job ${job} --wait`);
    throw error.name === "TimeoutError" ? new DOMException(`The job has not ended within ${timeout} s.`, "TimeoutError") : error;
  }
  print(text, { json });
  if (!isWell(JSON.parse(text))) process.exitCode = NOT_DONE;
}

/** Prints a record, which is given as JSON. */
export function print(text, { json }) {
  if (json) printJsonText(text);
  else printRecord(JSON.parse(text));
}
