// The exceptions of the prose linter.

/**
 * Single texts: `{ file, rule, text, why }`, where `text` is a piece of the passage. An exception that allows nothing
 * is an error.
 */
export const EXCEPTIONS = [
  { file: "tests/runtime/outages/listing.test.mjs", rule: "word", text: "Please try again", why: "R2's own words" },
  { file: "tests/runtime/outages/listing.test.mjs", rule: "word", text: "Please reduce your", why: "R2's own words" },
];
