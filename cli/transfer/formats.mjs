// The formats of an export: where an entry ends, which one it is, and where an export that broke off goes on.

/** What former releases wrote onto a record that was cut. */
const CUT = /\{"brokeOff":\{"cursor":"(?:[^"\\]|\\.)*"\}\}\s*$/;
const BROKE_OFF = /^# broke off; go on with cursor (".*")$/;

/** What is not complete: the connection ended, or the record was cut. */
export class Torn extends TypeError {
  constructor() {
    // So it is put into words like any connection that ends.
    super("the stream ended in the midst of an entry", { cause: { code: "ECONNRESET" } });
  }
}

const isWhole = (line) => line.at(-1) === 10;

/**
 * Yields `{ bytes, key, cursor }` for each record, and `{ cursor }` alone where the export broke off.
 *
 * @param {AsyncIterable<Buffer>} lines
 */
async function* records(lines) {
  let odd;
  for await (const bytes of lines) {
    const read = isWhole(bytes) ? record(bytes) : torn();
    const { id, createdAt, brokeOff } = read;
    // A record that was cut stands before the line that says so.
    if (odd) throw brokeOff ? new Torn() : odd;
    if (read instanceof SyntaxError) odd = read;
    else yield brokeOff ? { cursor: brokeOff.cursor } : { bytes, key: id, cursor: `${createdAt}:${id}` };
  }
  if (odd) throw odd;
}

/** Reads a line. Returns an error if it is not JSON. */
function record(bytes) {
  const text = bytes.toString("utf8");
  try {
    const value = JSON.parse(text);
    return value instanceof Object ? value : new SyntaxError(`a line of the export is no JSON object: ${text.slice(0, 40)}`);
  } catch (error) {
    return CUT.test(text) ? torn() : error;
  }
}

/** Yields `{ bytes, key }` for each file of a download list. Its lines after the first are set in. */
async function* downloads(lines) {
  let file = [];
  const entry = () => ({ bytes: Buffer.concat(file), key: file.slice(1).find((line) => /^\s+out=/.test(line))?.toString() ?? String(file[0]) });
  for await (const line of lines) {
    if (!isWhole(line)) torn();
    const [, cursor] = BROKE_OFF.exec(line.toString().trimEnd()) ?? [];
    const isBegin = !/^\s/.test(line);
    if (isBegin && file.length > 0) yield entry();
    if (isBegin) file = [];
    if (cursor) yield { cursor: JSON.parse(cursor) };
    else file.push(line);
  }
  if (file.length > 0) yield entry();
}

function torn() {
  throw new Torn();
}

/** The formats by name: how each is read, and what its entries are called. */
export const FORMATS = {
  ndjson: { entries: records, noun: "job" },
  aria2: { entries: downloads, noun: "file" },
};
