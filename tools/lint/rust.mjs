// Returns the string literals of a Rust file that are texts for people: errors, log lines, the doctor's findings. It
// skips comments, characters and unit tests.
import { stringPassages } from "./rules.mjs";

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|b?r(#*)"([\s\S]*?)"\1|b?"((?:\\[\s\S]|[^"\\])*)"|'(?:\\.[^']*|[^'\\])'/g;
const STATEMENT = /^\s*(?:ON CONFLICT|SELECT|INSERT|CREATE|UPDATE|DELETE|WITH|DROP|ALTER|PRAGMA)\b/;

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
  const code = text.split(/#\[cfg\(test\)\]\s*mod tests \{/)[0];
  return [...code.matchAll(TOKEN)].flatMap((token) => {
    const literal = token[2] ?? (token[3] === undefined ? undefined : unescape(token[3]));
    if (literal === undefined || !/\S\s+\S/.test(literal) || STATEMENT.test(literal)) return [];
    const line = code.slice(0, token.index).split("\n").length;
    return stringPassages(filledIn(literal), file, line);
  });
}
