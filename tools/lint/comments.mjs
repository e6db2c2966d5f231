// Returns the comments of a program. They must keep to the words of `words.mjs`, but their sentences may be long.
import { Parser } from "acorn";
import jsx from "acorn-jsx";
import { TOKEN } from "./rust.mjs";

const parser = Parser.extend(jsx());
/** Comments, and the strings in which no comment begins. */
const TYPESCRIPT = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g;
const CSS = /\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"/g;

const byTokens = (tokens) => (source) =>
  [...source.matchAll(tokens)].filter(([text]) => /^\/[/*]/.test(text)).map(({ 0: text, index }) => ({ text, from: index, to: index + text.length }));

function ofScript(source) {
  const found = [];
  const onComment = (isBlock, _, from, to) => found.push({ text: source.slice(from, to), from, to });
  parser.parse(source, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true, onComment });
  return found;
}

const READERS = { rs: byTokens(TOKEN), ts: byTokens(TYPESCRIPT), css: byTokens(CSS), js: ofScript, jsx: ofScript, mjs: ofScript };

/** Joins the `//` comments of lines that follow each other, because a sentence may go on in the next line. */
function joined(source, found) {
  const whole = [];
  for (const { text, from, to } of found) {
    const last = whole.at(-1);
    const isNext = text.startsWith("//") && last?.text.startsWith("//") && /^[ \t]*\r?\n[ \t]*$/.test(source.slice(last.to, from));
    if (isNext) Object.assign(last, { text: `${last.text}\n${text}`, to });
    else whole.push({ text, from, to });
  }
  return whole;
}

/** Returns the text of a comment without its marks. */
const bare = (text) => text.replace(/^\s*(?:\/\/[/!]?|\/\*+!?|\*(?!\/))|\*+\/$/gm, " ").replace(/\s+/g, " ").trim();

/** Returns the comments of a program as passages. The ending of the file's name says how to read it. */
export function comments(source, file) {
  const read = READERS[file.slice(file.lastIndexOf(".") + 1)];
  return joined(source, read?.(source) ?? []).map(({ text, from }) => ({
    file,
    line: source.slice(0, from).split("\n").length,
    kind: "words",
    text: bare(text),
  }));
}
