// What the prose linter lets pass.

/** Single texts: `{ file, rule, text, why }`, where `text` is a piece of the passage. An exception that allows nothing is an error. */
export const EXCEPTIONS = [];

/** Files and folders that are being rewritten and are not held to the rules yet. Nothing is left here at a release. */
export const UNFINISHED = [];
