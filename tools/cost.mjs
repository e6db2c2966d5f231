// `npm run cost`: the tables of `docs/cost.md`, reckoned from the operations that a test pins;
// `-- --write` writes them there. `-- --cpu` measures the processor's time of a job.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measureCpu } from "./cost/cpu.mjs";
import { costs } from "./cost/document.mjs";
import { main } from "./setup/run.mjs";

const DOCUMENT = new URL("../docs/cost.md", import.meta.url);
const { values } = parseArgs({ options: { write: { type: "boolean" }, cpu: { type: "boolean" } } });

await main(async () => {
  if (values.cpu) return measureCpu();
  const tables = Object.entries(costs());
  for (const [name, table] of tables) console.log(`${name}\n\n${table}\n`);
  if (values.write) write(tables);
});

/** A table stands between a comment with its name and an empty line. */
function write(tables) {
  let text = readFileSync(DOCUMENT, "utf8");
  for (const [name, table] of tables) {
    const place = new RegExp(`(<!-- ${name} -->\n)(?!\n).*?(\n\n|\n$)`, "s");
    if (!place.test(text)) throw new Error(`docs/cost.md has no place for ${name}`);
    text = text.replace(place, (_, mark, end) => `${mark}${table}${end}`);
  }
  writeFileSync(DOCUMENT, text);
}
