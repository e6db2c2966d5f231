// Writes tables into documents that people write. Each stands between a comment with its name and an empty line.
import { readFileSync, writeFileSync } from "node:fs";

/** Replaces the table of that name. */
export function put(document, name, table) {
  const text = readFileSync(document, "utf8");
  const place = new RegExp(`(<!-- ${name} -->\n)(?!\n).*?(\n\n|\n$)`, "s");
  if (!place.test(text)) throw new Error(`${document} has no place for ${name}`);
  writeFileSync(document, text.replace(place, (_, mark, end) => `${mark}${table}${end}`));
}
