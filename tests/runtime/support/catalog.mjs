// A vault whose catalog objects can be called from outside, as another release would call them.
import { withEntry } from "./vaults/entry.mjs";

export const askable = withEntry("objects");

/** Sends a command to the catalog's object of this name; a failure becomes `{ failed }`. */
export async function askObject(vault, name, question) {
  const response = await vault.post(`/.catalog/${name}`, JSON.stringify(question));
  return response.json();
}

/** Runs statements in an object, and resolves to the rows of the last one. */
export const sql = async (vault, name, text) => (await askObject(vault, name, { sql: text })).rows;

/** Makes an object fail with these words when it gets that command: `{ Dirty: "…" }`. */
export const spoil = (vault, name, spoilt) => askObject(vault, name, { spoil: spoilt });

/** Returns what an object of the release before answers to commands that it does not know. */
export const unknown = (...names) =>
  Object.fromEntries(names.map((name) => [name, `reading a question: unknown variant \`${name}\`, expected one of`]));

/** Returns a row as a job sends it. */
export function row(id, at, { revision = 1, version = revision, status = "failed", tags = [], numbers = {} } = {}) {
  return {
    home: `id:${id}`, revision, version, origin: "http://vault.example",
    summary: { id, ref: null, app: null, tags, status, archive: "none", queueName: null, createdAt: at,
      updatedAt: at + revision, files: [] },
    numbers: { pending: 0, stored: 0, lost: 0, bytes: 0, heals: 0, exhausted: 0, oldestPending: null,
      smallestSlack: null, handoffPending: 0, handoffFailed: 0, tally: {}, ...numbers },
  };
}
