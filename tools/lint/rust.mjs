// Returns the string literals of a Rust file that are texts for people: errors, log lines, the doctor's findings. It
// skips comments, characters and SQL. Of unit tests it returns also the names, and only their words count.
import { stringPassages } from "./rules.mjs";

/** Comments, strings and characters. */
export const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|b?r(#*)"([\s\S]*?)"\1|b?"((?:\\[\s\S]|[^"\\])*)"|'(?:\\.[^']*|[^'\\])'/g;
/** How a statement of SQL begins: with its first two words, because one alone may begin a sentence. */
const STATEMENT =
  /^\s*(?:ON CONFLICT|SELECT|INSERT (?:OR \w+ )?INTO|CREATE (?:TABLE|(?:UNIQUE )?INDEX)|UPDATE \w+\s+SET|DELETE FROM|WITH \w+(?:\s*\([^)]*\))? AS|DROP \w+ IF|ALTER TABLE|PRAGMA)\b/;
const TESTS = /#\[cfg\(test\)\]\s*mod tests \{/;
const TEST_NAME = /#\[test\]\s*(?:#\[[^\]]*\]\s*)*fn (\w+)/g;

const unescape = (text) =>
  text
    .replace(/\\\r?\n\s*/g, "")
    .replace(/\\(?:u\{([0-9a-f]+)\}|([nrt0"'\\]))/gi, (_, code, c) => {
      if (code) return String.fromCodePoint(parseInt(code, 16));
      return { n: "\n", r: "\n", t: " ", 0: " " }[c] ?? c;
    });

/** Counts a value that is filled in as a word. */
const filledIn = (text) => text.replace(/\{\{/g, "{").replace(/\}\}/g, "}").replace(/\{[^{}\s]*\}/g, "{x}");

export function passages(text, file) {
  const lineOf = ({ index }) => text.slice(0, index).split("\n").length;
  const tests = TESTS.exec(text)?.index ?? text.length;
  const strings = [...text.matchAll(TOKEN)].flatMap((token) => {
    const literal = token[2] ?? (token[3] === undefined ? undefined : unescape(token[3]));
    if (literal === undefined || !/\S\s+\S/.test(literal) || STATEMENT.test(literal)) return [];
    const found = stringPassages(filledIn(literal), file, lineOf(token));
    return token.index < tests ? found : found.map((passage) => ({ ...passage, kind: "words" }));
  });
  const names = [...text.matchAll(TEST_NAME)].map((name) => ({ file, line: lineOf(name), kind: "words", text: name[1].replaceAll("_", " ") }));
  return [...strings, ...names];
}
