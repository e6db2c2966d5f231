// What the prose linter asks of a passage: `{ file, line, kind, text }`. The kinds are "paragraph", "cell", "heading" and
// "string". In `text` a piece of code is one word: its blanks are `_`.
import { WORDS } from "./words.mjs";

export const MOST_WORDS_IN_SENTENCE = 25;
export const MOST_WORDS_IN_CELL = 20;
/** Four lines of a paragraph, as they are rendered at this many columns. */
export const MOST_LINES = 4;
export const COLUMNS = 120;

const PATTERNS = WORDS.map(([pattern, instead]) => [new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, "i"), instead]);
/** A full stop that ends no sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|vs|cf|no)\.$/i;

/** The words of a text: what is between blanks and has a letter or a digit. */
export const words = (text) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));

/** The sentences of a text. One ends with `.`, `!` or `?` before a blank and a capital, a digit, a quote or code. */
export function sentences(text) {
  const found = [""];
  for (const piece of text.split(/(?<=[.!?…]["”’')\]]*)\s+(?=["“‘'([`{]*[\p{Lu}\p{N}`{])/u)) {
    const last = found.at(-1);
    if (last === "" || ABBREVIATION.test(last)) found[found.length - 1] = `${last} ${piece}`.trim();
    else found.push(piece);
  }
  return found.filter(Boolean);
}

/** How many lines of `COLUMNS` a text takes when words are never broken. */
export function lines(text) {
  let count = 0;
  let column = COLUMNS + 1;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (column + 1 + word.length <= COLUMNS) column += 1 + word.length;
    else [count, column] = [count + 1, word.length];
  }
  return count;
}

/** The passages of a text in a program, one a line; a text of one word, or of no word at all (the path of a picture), has none. */
export const stringPassages = (text, file, line) =>
  text
    .replace(/`[^`]*`/g, (code) => code.replace(/\s+/g, "_"))
    .split("\n")
    .map((one) => one.replace(/\s+/g, " ").trim())
    .filter((one) => one.includes(" ") && /\p{L}{3}/u.test(one))
    .map((one) => ({ file, line, kind: "string", text: one }));

const wordsOf = ({ text }) =>
  PATTERNS.flatMap(([pattern, instead]) => {
    // What is in code or in an address is a name, not a word.
    const found = pattern.exec(text.replace(/`[^`]*`|\b\w+:\/\/\S+/g, (code) => "x".repeat(code.length)));
    return found ? [{ rule: "word", at: found.index, text: found[0], why: `write ${instead}` }] : [];
  });

const sentencesOf = ({ text }) =>
  sentences(text).flatMap((sentence) => {
    const count = words(sentence).length;
    return count > MOST_WORDS_IN_SENTENCE
      ? [{ rule: "sentence", at: text.indexOf(sentence), text: sentence, why: `${count} words; at most ${MOST_WORDS_IN_SENTENCE}` }]
      : [];
  });

const paragraphOf = ({ text }) =>
  lines(text) > MOST_LINES
    ? [{ rule: "paragraph", at: 0, text, why: `${lines(text)} lines of ${COLUMNS} columns; at most ${MOST_LINES}` }]
    : [];

const cellOf = ({ text }) => {
  const count = words(text).length;
  return count > MOST_WORDS_IN_CELL ? [{ rule: "cell", at: 0, text, why: `${count} words; at most ${MOST_WORDS_IN_CELL}` }] : [];
};

const RULES = {
  heading: [wordsOf],
  string: [wordsOf, sentencesOf],
  paragraph: [wordsOf, sentencesOf, paragraphOf],
  cell: [wordsOf, cellOf],
};

/** What is wrong with a passage: `{ file, line, rule, text, why }` each. */
export function check(passage) {
  return RULES[passage.kind].flatMap((rule) =>
    rule(passage).map(({ at, ...finding }) => ({ file: passage.file, line: passage.line, passage: passage.text, ...finding })),
  );
}
