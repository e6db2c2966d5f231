// The errors of a download: which of them pass, and what they are in words.
import { HookVaultError } from "../../client/error.js";
import { Unanswered } from "../../tools/doctor/ask.mjs";
import { Failure } from "../../tools/setup/run.mjs";
import { plain } from "../../tools/setup/terminal.mjs";

/** A connection that broke, or was never made. */
export class Broken extends Error {
  constructor(cause) {
    super(`hookvault does not answer: ${new Unanswered(cause).message}`, { cause });
  }
}

/** The vault has no such file, or another one: its record may name a newer one. */
export class Stale extends Error {
  /** @param {Error} reason what to report if the record says the same as before */
  constructor(reason) {
    super(reason.message, { cause: reason });
  }
}

const DISK = {
  ENOSPC: "the disk is full", EDQUOT: "the disk's quota is used up", EFBIG: "the file system takes no file of this size",
  EACCES: "there is no permission to write there", EPERM: "there is no permission to write there",
  EROFS: "the file system is read-only", EIO: "the disk has an error", EMFILE: "too many files are open; lower --parallel",
  ELOOP: "it is a symbolic link, and none is followed here",
};

/** Puts an error of the file system into words. */
export const diskFailure = (path, error) =>
  error instanceof Failure ? error : new Failure(`${plain(path)}: ${DISK[error.code] ?? error.message}`, { cause: error });

/** Runs work on a path, and throws its errors in words. */
export const onDisk = (path, work) => work().catch((error) => {
  throw diskFailure(path, error);
});

/** Tells whether a repetition may succeed. `fetch` reports a failed connection as a TypeError with a cause. */
export function isPassing(error) {
  if (error instanceof HookVaultError) return error.status >= 500 || error.status === 429 || error.status === 408;
  return error instanceof Broken || (error instanceof TypeError && error.cause !== undefined);
}

/** Tells whether no other request can succeed either. */
export const isFatal = (error) => error instanceof HookVaultError && (error.status === 401 || error.status === 403);

/** Returns an error as the end of a line. */
export function inWords(error) {
  if (error instanceof TypeError && error.cause) return new Broken(error).message;
  return plain(error.message);
}
