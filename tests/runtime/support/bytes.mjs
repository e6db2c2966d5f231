// Reads served files as users do.
import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Fetches without a token, and hashes the body as it arrives, so that its size does not matter. */
export async function digest(url, init) {
  const response = await fetch(url, init);
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of response.body ?? []) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { status: response.status, size, sha256: hash.digest("hex") };
}

/** Runs a command; rejects if it fails. */
export const run = promisify(execFile);
