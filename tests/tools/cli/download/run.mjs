// Runs `hookvault download`.
import { begin } from "../support.mjs";

/** The line that a slow machine prints every ten seconds. */
const PROGRESS = /^\d+\/\d+\+? files {2}.*\n/gm;

/** Starts a download. What it prints as an error comes without its progress. */
export function beginDownload(args, options) {
  const { child, ended } = begin(["download", ...args], options);
  return { child, ended: ended.then((told) => ({ ...told, err: told.err.replaceAll(PROGRESS, "") })) };
}
