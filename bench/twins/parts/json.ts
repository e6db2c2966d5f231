// JSON as text: results are passed on exactly as they were written, to the last digit.

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** The keys and indices that lead to a value. */
export type Path = (string | number)[];

interface Visitor {
  /** Gets a string value. `path` changes later, so copy it to keep it. */
  string?(path: Path, start: number, end: number): void;
  /** Gets a member of the outermost object: from its key to the end of its value. */
  member?(key: string, start: number, colon: number, end: number): void;
}

/** Visits a valid JSON object, in order. */
export function walk(text: string, { string, member }: Visitor) {
  const path: Path = [];
  let isKey = false;
  let [start, colon] = [0, 0];
  const endMember = (end: number) => {
    if (path.length !== 1 || colon === 0) return;
    member?.(String(path[0]), start, colon, end);
    colon = 0;
  };
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (isKey) {
          path[path.length - 1] = decode(text.slice(at, end));
          if (path.length === 1) [start, colon] = [at, end];
          isKey = false;
        } else string?.(path, at, end);
        at = end - 1;
        break;
      }
      case OPEN_OBJECT:
        path.push("");
        isKey = true;
        break;
      case OPEN_ARRAY:
        path.push(0);
        break;
      case COMMA: {
        endMember(at);
        const last = path[path.length - 1];
        if (typeof last === "number") path[path.length - 1] = last + 1;
        else isKey = true;
        break;
      }
      case CLOSE_OBJECT:
        endMember(at);
        isKey = false;
        path.pop();
        break;
      case CLOSE_ARRAY:
        path.pop();
        break;
    }
  }
}

/** Returns the index after a string's closing quote. `indexOf` is faster than any loop. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
}

/** Returns the string that a token encodes. */
export const decode = (token: string): string =>
  token.includes("\\") ? JSON.parse(token) : token.slice(1, -1);

/** Returns a path in the notation of RFC 6901. */
export const pointer = (path: Path): string =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
