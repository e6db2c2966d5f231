// Cuts JSON into parts that stay as they were written. `JSON.parse` would round their numbers.

/** Strings, and the characters that open, close and part. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]/gs;

/** Returns the texts of the items of a list, which is the member `name` of a valid object. */
export function itemTexts(text, name) {
  const items = [];
  let [depth, begin, previous] = [0, undefined, undefined];
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    const isBegin = token === "[" && depth === 1 && previous === JSON.stringify(name) && begin === undefined;
    const isEnd = begin !== undefined && depth === 2 && (token === "]" || token === ",");
    if (isEnd && text.slice(begin, index).trim() !== "") items.push(text.slice(begin, index).trim());
    if (isEnd && token === "]") return items;
    if (isBegin || isEnd) begin = index + 1;
    if (token === "[" || token === "{") depth += 1;
    if (token === "]" || token === "}") depth -= 1;
    previous = token;
  }
  return items;
}
