// `npm run growth [-- --jobs 100000] [--write FILE]`: how the time of what a vault does grows with
// the number of its jobs. Two vaults are filled through `POST /restore`, one with a thousand jobs
// on two days, one with many on sixty; then both are asked in turns. `--write` keeps the table.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { filled } from "./growth/fill.mjs";
import { MEASURES, measured } from "./growth/measure.mjs";
import { head, row } from "./growth/table.mjs";
import { main } from "./setup/run.mjs";

const FEW = { jobs: 1_000, days: 2 };
const options = { jobs: { type: "string", default: "100000" }, write: { type: "string" } };
const { values } = parseArgs({ options });
const MANY = { jobs: Number(values.jobs), days: 60 };

await main(async () => {
  await build();
  const sides = [];
  try {
    for (const jobs of [FEW, MANY]) sides.push(await filled(jobs));
    console.log("\nMedians (min–max) of one, both vaults in turns:\n");
    const lines = head(FEW.jobs, MANY.jobs);
    console.log(lines.join("\n"));
    for (const measure of MEASURES) {
      lines.push(row(measure.name, await measured(measure, sides)));
      console.log(lines.at(-1));
    }
    if (values.write) writeFileSync(values.write, `${lines.join("\n")}\n`);
  } finally {
    for (const { vault } of sides) await vault.end();
  }
});
