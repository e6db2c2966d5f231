// Sends lines to `POST /jobs`, in parts, and finds out what became of each line.
import { foreign, listOf } from "../../client/answer.js";
import { HookVaultError } from "../../client/error.js";
import { backoff, pause } from "../../client/pause.js";
import { Failure } from "../../tools/setup/run.mjs";
import { lines, memberTexts } from "./lines.mjs";

/** The most that hookvault takes at once. */
const [MOST_LINES, MOST_BYTES] = [1_000, 2 * 1024 * 1024];
/** The longest line that is read at all: a record of an export has its whole result. */
const LONGEST = 64 * 1024 * 1024;
/** A line that is longer is sent without the members that hookvault does not read. */
const LONG = 8 * 1024;
const READ = ["id", "request_id", "app", "ref", "tags", "keep", "response_url", "responseUrl"];
/** A reference that hookvault made itself: no other job can have it. */
const OWN = /^"gw-[0-9a-f]{32}"$/;
/** After so many refused lines and no other, the rest is not tried. */
const HOPELESS = 100;
/** How often jobs are sent again that hookvault could not take. */
const TRIES = 3;

/**
 * Imports a stream of lines.
 *
 * @param {import("../../client/http.js").Http} http
 * @param {AsyncIterable<Buffer>} source
 * @param {{ counts: { lines: number, imported: number, known: number, refused: number }, signal?: AbortSignal,
 *   onRefused: (refused: { line?: number, id?: string, reason: string }) => void }} options `counts` is kept up to date
 */
export async function importLines(http, source, { counts, onRefused, signal }) {
  const refuse = (refused) => {
    counts.refused += 1;
    onRefused(refused);
    const isHopeless = counts.refused >= HOPELESS && counts.imported + counts.known === 0;
    if (isHopeless) throw new Failure(`The first ${HOPELESS} lines are refused, so the rest is not tried.`);
  };
  for await (const part of parts(source, refuse)) {
    await send(http, part, { counts, refuse, signal });
    counts.lines = part.at(-1)?.line ?? counts.lines;
  }
}

/** Yields lists of `{ line, text }`, each as long as a request may be. */
async function* parts(source, refuse) {
  let [part, size, line] = [[], 0, 0];
  for await (const bytes of lines(source, LONGEST)) {
    line += 1;
    const text = needed(bytes);
    if (text.length === 0) continue;
    if (text.length >= MOST_BYTES) {
      refuse({ line, reason: `it is longer than ${MOST_BYTES} bytes` });
      continue;
    }
    if (part.length >= MOST_LINES || size + text.length >= MOST_BYTES) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push({ line, text });
    size += text.length + 1;
  }
  if (part.length > 0) yield part;
}

/** Returns what hookvault needs of a line: the line itself, or less of a record or of a row of the list. */
function needed(bytes) {
  const members = objectOf(bytes);
  const isRecord = members && "files" in members;
  if (!isRecord && !(members && bytes.length > LONG)) return Buffer.from(bytes.toString("latin1").trim(), "latin1");
  const kept = READ.filter((name) => name in members && !(isRecord && name === "ref" && OWN.test(members.ref)));
  return Buffer.from(`{${kept.map((name) => `${JSON.stringify(name)}:${members[name]}`).join(",")}}`);
}

/** Returns the members of a JSON object as texts, or undefined for anything else: hookvault then says what is wrong. */
function objectOf(bytes) {
  const text = bytes.toString("utf8").trim();
  try {
    return text[0] === "{" && JSON.parse(text) ? memberTexts(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Sends a part. One wrong line refuses a whole part, so the part is then sent again without that line. */
async function send(http, given, options, tries = 1) {
  const { counts, refuse, signal } = options;
  const part = [...given];
  while (part.length > 0) {
    try {
      const body = Buffer.concat(part.flatMap(({ text }) => [text, Buffer.from("\n")]));
      const headers = { "content-type": "application/x-ndjson" };
      const answer = await http.json("/jobs", { method: "POST", headers, body, signal });
      const [deleted, failed] = ["deleted", "failed"].map((name) => listOf(answer, name, (id) => typeof id === "string"));
      const { imported, known } = answer;
      if (![imported, known].every(Number.isSafeInteger)) throw foreign();
      counts.imported += imported;
      counts.known += known;
      for (const id of deleted) refuse({ line: lineOf(part, id), id, reason: "the job was deleted here in the last 30 days" });
      const again = part.filter((line) => failed.includes(idOf(line)));
      if (failed.length > 0 && tries < TRIES && again.length > 0) {
        await pause(backoff(http.pauseMs, tries), signal);
        return await send(http, again, options, tries + 1);
      }
      for (const id of failed) refuse({ line: lineOf(part, id), id, reason: "hookvault could not take it now; import it again" });
      return;
    } catch (error) {
      const [, n, reason] = error instanceof HookVaultError && /^line (\d+): ([^]*)$/.exec(error.detail) || [];
      if (!part[n - 1]) throw error;
      const [{ line }] = part.splice(n - 1, 1);
      refuse({ line, reason });
    }
  }
}

const lineOf = (part, id) => part.find((line) => idOf(line) === id)?.line;

/** Returns a line's id, as hookvault's answer has it. */
function idOf({ text }) {
  const { id, request_id: other } = objectOf(text) ?? {};
  const written = id ?? other ?? "";
  return written[0] === '"' ? JSON.parse(written) : written;
}
