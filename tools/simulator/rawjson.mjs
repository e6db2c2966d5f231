// Reads parts of a JSON text exactly as they were written. Parsing would turn 196619188014358660 into another number
// and 1.10 into 1.1: just what the programs under test must not do.

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s"{}[\]:,]+/gs;

/**
 * @param {string} text a valid JSON object
 * @param {string} name a top-level member's name
 * @returns {string | undefined} the member's value as it was written; if the name occurs twice, the last value
 */
export function memberText(text, name) {
  let [depth, key, start, end, found] = [0, null, 0, 0, undefined];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "}" || token === "]") depth -= 1;
    if (key !== null && (depth === 0 || (depth === 1 && token === ","))) {
      if (JSON.parse(key) === name) found = text.slice(start, end).trim();
      key = null;
    } else if (depth === 1 && key === null) {
      key = token;
    } else if (depth === 1 && token === ":") {
      start = index + 1;
    }
    if (token === "{" || token === "[") depth += 1;
    end = index + token.length;
  }
  return found;
}

/**
 * @param {string} one a JSON object's text
 * @param {string} other a JSON object's text
 * @returns {string} one object with the members of both
 */
export function joined(one, other) {
  const [head, tail] = [one, other].map((text) => text.trim().slice(1, -1).trim());
  return `{${head}${head && tail ? "," : ""}${tail}}`;
}
