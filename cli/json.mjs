// Finds the place where a text stops being JSON, which `JSON.parse` does not always name.

const SPACE = /[ \t\r\n]*/y;
const TOKEN = /[{}[\]:,]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const CLOSES = { "{": "}", "[": "]" };

/** Returns what is wrong with a text that is no JSON: its place, and what belongs there. */
export function jsonError(text) {
  const { at, wanted } = firstError(text);
  const before = text.slice(0, at).split("\n");
  const found = at < text.length ? `not ${JSON.stringify(text.slice(at, at + 10).split("\n")[0])}` : "not the end";
  return `line ${before.length}, column ${before.at(-1).length + 1}: ${wanted} should be here, ${found}`;
}

function firstError(text) {
  const open = [];
  let [wanted, isFirst] = ["a value", false];
  for (let at = 0; ;) {
    at += match(SPACE, text, at).length;
    const token = match(TOKEN, text, at);
    const next = step(token, open, wanted, isFirst);
    if (!next) return { at, wanted };
    [wanted, isFirst] = next;
    at += token.length;
  }
}

function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** Returns what belongs after this token, and whether the token opened a list or an object; nothing for a wrong one. */
function step(token, open, wanted, isFirst) {
  const close = CLOSES[open.at(-1)];
  const isEnd = token !== "" && token === close && (isFirst || wanted.includes(close));
  if (isEnd) open.pop();
  else if (wanted === "a colon") return token === ":" ? ["a value", false] : undefined;
  else if (wanted === "a name in quotes") return token[0] === '"' ? ["a colon", false] : undefined;
  else if (wanted !== "a value") return token === "," && close ? [close === "}" ? "a name in quotes" : "a value", false] : undefined;
  else if (CLOSES[token]) {
    open.push(token);
    return [token === "{" ? "a name in quotes" : "a value", true];
  } else if (token === "" || /^[}\]:,]$/.test(token)) return undefined;
  return [open.length > 0 ? `a comma or ${CLOSES[open.at(-1)]}` : "nothing more", false];
}
