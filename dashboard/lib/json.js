// JSON as it was written: it is never parsed, so numbers past 2^53 and the order of keys survive.

/** Yields strings, punctuation, and everything in between: `[kind, text, end]`. */
export function* tokens(text) {
  const pattern = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gsy;
  const space = /\s*/gy;
  for (let at = 0; at < text.length;) {
    space.lastIndex = at;
    space.exec(text);
    pattern.lastIndex = space.lastIndex;
    const [token] = pattern.exec(text) ?? [];
    // What is not JSON is passed on unchanged.
    if (token === undefined) {
      if (space.lastIndex < text.length) yield ["other", text.slice(space.lastIndex)];
      return;
    }
    yield [token[0] === '"' ? "string" : "{}[],:".includes(token) ? token : "other", token, pattern.lastIndex];
    at = pattern.lastIndex;
  }
}

/** Returns the same JSON on several lines, as parts to show: `{ kind, text }`. */
export function pretty(text) {
  const parts = [];
  const push = (kind, token) => parts.push({ kind, text: token });
  let [depth, before] = [0, ""];
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [kind, token] of tokens(text)) {
    if (kind === "}" || kind === "]") {
      // A text that is not JSON may close what it has not opened.
      depth = Math.max(0, depth - 1);
      push("mark", before === "{" || before === "[" ? token : line() + token);
    } else {
      const opened = before === "{" || before === "[";
      if (opened) push("mark", line());
      if (kind === "string" || kind === "other") push(kind === "string" ? "string" : word(token), token);
      else push("mark", kind === "," ? token + line() : kind === ":" ? ": " : token);
      if (kind === "{" || kind === "[") depth += 1;
      if (kind === ":") nameOf(parts);
    }
    before = kind;
  }
  return parts;
}

const word = (token) => (/^-?\d/.test(token) ? "number" : "word");

/** Marks the string before a colon as a name. */
function nameOf(parts) {
  const name = parts.at(-2);
  if (name) name.kind = "name";
}

/** Returns the value of an object's member as it is written; `undefined` without such a member. */
export function member(text, wanted) {
  let [depth, before, name, from] = [0, "", "", -1];
  for (const [kind, token, end] of tokens(text)) {
    if (depth === 1 && kind === ":" && from < 0) {
      if (name === wanted) from = end;
    } else if (depth === 1 && from >= 0 && (kind === "," || kind === "}")) {
      return text.slice(from, end - 1).trim();
    }
    if (kind === "{" || kind === "[") depth += 1;
    if (kind === "}" || kind === "]") depth -= 1;
    if (depth === 1 && kind === "string" && (before === "{" || before === ",")) name = JSON.parse(token);
    before = kind;
  }
  return undefined;
}
