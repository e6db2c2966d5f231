// Finds the fenced blocks of a page, and the answers that the page shows.

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {string} code
 * @property {number} line the line of the page where the block begins
 * @property {number} [status] an example's status: its title ends with `→ 200`
 * @property {string} answer the answer that the page shows, empty if it shows no answer
 * @property {[number, number]} place the answer's position in the page's text
 */

const FENCE = /^```([^\n]*)\n(.*?)^```\n/gms;
const TITLE = /^\*\*.*\*\* → (\d{3})\n\n$/;
/** The most characters of a line that are shown. */
const SHOWN = 900;
const MORE = " …";
/** The members with texts for people. */
const TEXTS = ["title", "code", "detail", "reason", "fix"];

/** Returns the blocks of a page in order. An answer is not a block of its own. @returns {Block[]} */
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

/** Returns the page with these answers. @param {Map<Block, string>} answers */
export function answered(text, answers) {
  return [...answers].reverse().reduce((page, [{ place: [from, to] }, answer]) =>
    page.slice(0, from) + (answer && `\n\`\`\`\n${cut(answer)}\n\`\`\`\n`) + page.slice(to), text);
}

const cut = (answer) => answer.trimEnd().split("\n")
  .map((line) => (line.length > SHOWN ? line.slice(0, SHOWN) + MORE : line)).join("\n");

/**
 * Returns what must be equal in an answer and on the page. In JSON these are the names in their order, and the texts
 * for people; in other lines the beginning, without numbers. A line that the page cuts is compared up to the cut.
 */
export function shapes(answer, shown) {
  const wanted = counted(shown);
  const got = counted(answer).map((line, n) => (wanted[n]?.endsWith(MORE) ? begun(shape(line), shape(wanted[n])) : shape(line)));
  return [got, wanted.map(shape)];
}

/** Returns the lines that count: of a stream of events only the last one. */
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
