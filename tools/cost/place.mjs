// Tables in documents that people write: each stands between a comment with its name and an empty line.
import { readFileSync, writeFileSync } from "node:fs";

/** Puts a table into the place of that name. */
export function put(document, name, table) {
  const text = readFileSync(document, "utf8");
  const place = new RegExp(`(<!-- ${name} -->\n)(?!\n).*?(\n\n|\n$)`, "s");
  if (!place.test(text)) throw new Error(`${document} has no place for ${name}`);
  writeFileSync(document, text.replace(place, (_, mark, end) => `${mark}${table}${end}`));
}
