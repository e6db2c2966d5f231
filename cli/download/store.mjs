// Stores one file: checks what is there already, fetches the rest, verifies it, and gives it its name.
import { join } from "node:path";
import { Failure } from "../../tools/setup/run.mjs";
import { Stale } from "./errors.mjs";
import { Part, proof } from "./part.mjs";

/** How often a record is read again because its file has changed. */
const MOST_RENEWALS = 2;

/**
 * @typedef {{ n: number, url: string, size: number | null, etag: string | null }} StoredFile as the record names it
 * @typedef {{ job: string, folder: string, name: string, file: StoredFile }} Entry
 * @typedef {{ state: "present" | "downloaded", verified: "md5" | "size", path: string, size: number, coding?: string }} Outcome
 */

/**
 * @param {Entry} entry
 * @param {{ folder: import("./folder.mjs").Folder, transfer: import("./transfer.mjs").Transfer, isQuick: boolean,
 *   renew: (entry: Entry) => Promise<StoredFile>, onResumed: (bytes: number) => void,
 *   signal: AbortSignal }} tools
 * @returns {Promise<Outcome>}
 */
export async function store(entry, { folder, transfer, isQuick, renew, onResumed, signal }) {
  let { file } = entry;
  for (let renewals = 0; ; renewals += 1) {
    try {
      const inside = await folder.inside(entry.folder);
      const path = join(inside, entry.name);
      const verified = await proof(path, file, { isQuick, signal });
      if (verified === "md5" || verified === "size") return { state: "present", verified, path, size: file.size };
      return { state: "downloaded", path, ...(await fetched(inside, entry.name, file, { transfer, onResumed, signal })) };
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
      const fresh = renewals < MOST_RENEWALS && (await renew(entry));
      if (!fresh || isSame(fresh, file)) throw error.cause;
      file = fresh;
    }
  }
}

const isSame = (one, other) => ["url", "size", "etag"].every((name) => one[name] === other[name]);

/** Fetches a file into its part. A wrong sum is followed by a second fetch, from the start. */
async function fetched(folder, name, file, { transfer, onResumed, signal }) {
  const part = await Part.open(folder, name, file, signal);
  onResumed(part.length);
  try {
    for (let isSecond = false; ; isSecond = true) {
      const coding = await transfer.fill(part, file);
      const verified = part.verdict();
      if (verified !== "wrong") {
        const size = part.length;
        await part.finish();
        return { verified, size, coding };
      }
      if (isSecond) {
        await part.discard();
        throw new Failure(`the bytes are not those of the record, twice: their MD5 is not ${file.etag}`);
      }
      await part.reset();
    }
  } finally {
    await part.close();
  }
}
