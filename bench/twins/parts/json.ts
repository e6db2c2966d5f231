// JSON as text: results are handed on as they were written, down to the last digit.

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
  /** A string value; `path` is only lent. */
  string?(path: Path, start: number, end: number): void;
  /** A member of the outermost object: from its key to the end of its value. */
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

/** The index after a string's closing quote. `indexOf` is quicker than any loop. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
}

/** The string that a token stands for. */
export const decode = (token: string): string =>
  token.includes("\\") ? JSON.parse(token) : token.slice(1, -1);

/** As RFC 6901 writes a path. */
export const pointer = (path: Path): string =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
