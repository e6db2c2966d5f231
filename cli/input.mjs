// Reads what a user gives as a text, as `@file`, or on standard input.
import { readFile } from "node:fs/promises";
import { plain } from "../tools/setup/terminal.mjs";
import { WrongUse } from "./errors.mjs";
import { jsonError } from "./json.mjs";

/**
 * Returns the text of a JSON object as it was written, so that no number is rounded.
 *
 * @param {string} given the JSON itself, `@` and a file's path, or `-` for standard input
 */
export async function objectText(given) {
  const [text, where] = await source(given);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WrongUse(`${where} is not JSON. ${plain(jsonError(text))}.`);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new WrongUse(`${where} must be a JSON object, such as {"prompt":"a lighthouse at dawn"}.`);
  }
  return text;
}

async function source(given) {
  if (given === "-") return [withoutMark(await standardInput()), "The standard input"];
  if (!given.startsWith("@")) return [given, "--input"];
  const path = given.slice(1);
  try {
    return [withoutMark(await readFile(path, "utf8")), path];
  } catch (error) {
    throw new WrongUse(`The input's file can't be read: ${error.message}`);
  }
}

/** Returns all of the standard input. */
export async function standardInput() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Takes away the byte order mark that some editors write. */
const withoutMark = (text) => text.replace(/^\ufeff/, "");

/** Returns a number of seconds in milliseconds. */
export function milliseconds(text, flag) {
  if (!/^\d{1,7}(\.\d{1,3})?$/.test(text) || Number(text) === 0) throw new WrongUse(`${flag} is "${plain(text)}": a number of seconds, such as 60.`);
  return Math.round(Number(text) * 1_000);
}
