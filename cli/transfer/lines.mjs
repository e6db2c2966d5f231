// Cuts streams into lines, and JSON objects into members, with each byte as it came.
import { Failure } from "../../tools/setup/run.mjs";

const NEWLINE = 10;
/** Strings, and the characters that open, close and part. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]/gs;

/**
 * Yields each line with its line break. Only the last one may lack it.
 *
 * @param {AsyncIterable<Uint8Array>} chunks
 * @param {number} [most] the most bytes of a line
 */
export async function* lines(chunks, most = Infinity) {
  let [rest, length, number] = [[], 0, 1];
  for await (const chunk of chunks) {
    let from = 0;
    for (let at; (at = chunk.indexOf(NEWLINE, from)) >= 0; from = at + 1) {
      yield Buffer.concat([...rest, chunk.subarray(from, at + 1)]);
      [rest, length, number] = [[], 0, number + 1];
    }
    rest.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > most) throw new Failure(`Line ${number} is longer than ${most} bytes: that is no list of jobs.`);
  }
  if (length > 0) yield Buffer.concat(rest);
}

/** Yields the chunks of a stream, and fails if none comes for so long: the connection is dead then. */
export async function* lively(chunks, silentMs) {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await withinTime(iterator.next(), silentMs);
      if (done) return;
      yield value;
    }
  } finally {
    // A read that never ends would hold this up.
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

async function withinTime(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException(`Nothing came for ${ms / 1_000} s.`, "TimeoutError")), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the members of a valid JSON object, each value as its own text. */
export function memberTexts(text) {
  const members = {};
  let [depth, name, begin] = [0, undefined, undefined];
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    const isEnd = depth === 1 && begin !== undefined && (token === "," || token === "}");
    if (isEnd) members[name] = text.slice(begin, index).trim();
    if (isEnd) [name, begin] = [undefined, undefined];
    else if (depth === 1 && token === ":") begin = index + 1;
    else if (depth === 1 && begin === undefined && token[0] === '"') name = JSON.parse(token);
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
  }
  return members;
}
