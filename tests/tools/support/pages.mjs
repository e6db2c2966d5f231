// The fenced blocks of a page, and what the page shows as their answers.

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {string} code
 * @property {number} line of the page, where it begins
 * @property {number} [status] of an example: its title ends with `→ 200`
 * @property {string} answer that is shown, empty if none is
 * @property {[number, number]} place of the answer in the page's text
 */

const FENCE = /^```([^\n]*)\n(.*?)^```\n/gms;
const TITLE = /^\*\*.*\*\* → (\d{3})\n\n$/;
/** Most characters of a line that are shown. */
const SHOWN = 900;
const MORE = " …";
/** Members that hold texts for people. */
const TEXTS = ["title", "code", "detail", "reason", "fix"];

/** The blocks of a page in order; an answer is no block of its own. @returns {Block[]} */
export function blocks(text) {
  const found = [];
  for (const { 0: whole, 1: language, 2: code, index } of text.matchAll(FENCE)) {
    const to = index + whole.length;
    const last = found.at(-1);
    if (language === "" && last && text.slice(last.place[0], index) === "\n") {
      Object.assign(last, { answer: code, place: [last.place[0], to] });
      continue;
    }
    const title = text.slice(text.lastIndexOf("\n", index - 3) + 1, index);
    found.push({ language, code, line: text.slice(0, index).split("\n").length, place: [to, to],
      status: TITLE.test(title) ? Number(TITLE.exec(title)[1]) : undefined, answer: "" });
  }
  return found;
}

/** The page with these answers. @param {Map<Block, string>} answers */
export function answered(text, answers) {
  return [...answers].reverse().reduce((page, [{ place: [from, to] }, answer]) =>
    page.slice(0, from) + (answer && `\n\`\`\`\n${cut(answer)}\n\`\`\`\n`) + page.slice(to), text);
}

const cut = (answer) => answer.trimEnd().split("\n")
  .map((line) => (line.length > SHOWN ? line.slice(0, SHOWN) + MORE : line)).join("\n");

/**
 * What must be equal in an answer and on the page: in JSON the names in their order and the texts for people, in other
 * lines the beginning, without numbers. A line that the page cuts counts as far as it is shown.
 */
export function shapes(answer, shown) {
  const wanted = counted(shown);
  const got = counted(answer).map((line, n) => (wanted[n]?.endsWith(MORE) ? begun(shape(line), shape(wanted[n])) : shape(line)));
  return [got, wanted.map(shape)];
}

/** Of a stream of events it is the last that counts. */
function counted(answer) {
  const lines = answer.trimEnd().split("\n");
  return lines[0].startsWith("data: ") ? lines.slice(-1) : lines;
}

function shape(line) {
  const names = [...line.matchAll(/"(\w+)":(?:"((?:[^"\\]|\\.)*)")?/g)].map(([, name, text]) =>
    (TEXTS.includes(name) && text ? `${name}=${text.replaceAll(/\d+/g, "0")}` : name));
  return names.length > 0 ? names.join(" ") : line.trim().split(/\s/)[0].replaceAll(/[0-9a-f]{32}|\d+/g, "0");
}

const begun = (line, beginning) => line.slice(0, beginning.length);
