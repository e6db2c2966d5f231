// The rules of the prose linter for a passage: `{ file, line, kind, text }`. The kinds are "paragraph", "cell",
// "heading", "string", and "words" for a text that only developers read. In `text` a piece of code is one word: its
// blanks are `_`.
import { WORDS } from "./words.mjs";

export const MOST_WORDS_IN_SENTENCE = 25;
export const MOST_WORDS_IN_CELL = 20;
/** A paragraph's most lines, when it is rendered with this many columns. */
export const MOST_LINES = 4;
export const COLUMNS = 120;

const PATTERNS = WORDS.map(([pattern, instead]) => [new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, "i"), instead]);
/** An abbreviation, whose full stop ends no sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|vs|cf|no)\.$/i;

/** Returns the words of a text: what is between blanks and contains a letter or a digit. */
export const words = (text) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));

/**
 * Returns the sentences of a text. A sentence ends with `.`, `!` or `?` before a blank and a capital, a digit, a quote
 * or code.
 */
export function sentences(text) {
  const found = [""];
  for (const piece of text.split(/(?<=[.!?…]["”’')\]]*)\s+(?=["“‘'([`{]*[\p{Lu}\p{N}`{])/u)) {
    const last = found.at(-1);
    if (last === "" || ABBREVIATION.test(last)) found[found.length - 1] = `${last} ${piece}`.trim();
    else found.push(piece);
  }
  return found.filter(Boolean);
}

/** Returns how many lines of `COLUMNS` a text takes when words are never broken. */
export function lines(text) {
  let count = 0;
  let column = COLUMNS + 1;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (column + 1 + word.length <= COLUMNS) column += 1 + word.length;
    else [count, column] = [count + 1, word.length];
  }
  return count;
}

/**
 * Returns the passages of a program's text. A line break ends a passage only behind the end of a sentence, before an
 * empty line, or before a line that is set in. A text with one word, or with none (such as a picture's path), has no
 * passage.
 */
export const stringPassages = (text, file, line) =>
  text
    .replace(/`[^`]*`/g, (code) => code.replace(/\s+/g, "_"))
    .split(/(?<=[.!?:…]["”’')\]]*)[^\S\n]*\n|\n(?=\s|[-•*#|])/)
    .map((one) => one.replace(/\s+/g, " ").trim())
    .filter((one) => one.includes(" ") && /\p{L}{3}/u.test(one))
    .map((one) => ({ file, line, kind: "string", text: one }));

const wordsOf = ({ text }) =>
  PATTERNS.flatMap(([pattern, instead]) => {
    // Hides code and addresses, because these contain names, not words.
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
  words: [wordsOf],
  string: [wordsOf, sentencesOf],
  paragraph: [wordsOf, sentencesOf, paragraphOf],
  cell: [wordsOf, cellOf],
};

/** Returns what is wrong with a passage: a list of `{ file, line, rule, text, why }`. */
export function check(passage) {
  return RULES[passage.kind].flatMap((rule) =>
    rule(passage).map(({ at, ...finding }) => ({ file: passage.file, line: passage.line, passage: passage.text, ...finding })),
  );
}
