// Puts errors into words, and gives each its exit code.
import { CommanderError } from "commander";
import { HookVaultError } from "../client/error.js";
import { Unanswered } from "../tools/doctor/ask.mjs";
import { Failure } from "../tools/setup/run.mjs";
import { plain } from "../tools/setup/terminal.mjs";

export const NOT_DONE = 1;
export const WRONG_USE = 2;
export const INTERRUPTED = 130;

/** A wrong argument or setting. Its message says what to write instead. */
export class WrongUse extends Failure {}

/** Returns the exit code of an error. */
export function codeOf(error) {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
  if (error instanceof WrongUse) return WRONG_USE;
  return error.name === "AbortError" ? INTERRUPTED : NOT_DONE;
}

/** Returns what to print for an error: a message for the reader, or a stack for a mistake of ours. */
export function explained(error) {
  if (error instanceof Failure) return error.message;
  if (error instanceof HookVaultError) return plain(error.message);
  if (error.name === "AbortError") return "Interrupted.";
  if (["TimeoutError", "NetworkError"].includes(error.name)) return plain(error.message);
  if (error instanceof SyntaxError && /JSON/.test(error.message)) return `The answer is not hookvault's. Check the URL. (${plain(error.message)})`;
  // `fetch` reports a failed connection as a TypeError with a cause.
  if (error instanceof TypeError && error.cause) return `hookvault does not answer: ${new Unanswered(error).message}.`;
  return error.stack;
}
