// `npm run growth [-- --jobs 100000] [--one-day 200000] [--write]`: measures how a vault's times grow with the number
// of its jobs. It fills three vaults: a thousand jobs on two days, many on sixty days, and twice as many on one day.
// Then it asks all three in turns. `--only TEXT` runs the measures whose names contain TEXT, `--turns N` sets the
// turns; `--write` puts the table into docs/scale.md.
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { filled } from "./growth/fill.mjs";
import { MEASURES, measured } from "./growth/measure.mjs";
import { head, row } from "./growth/table.mjs";
import { put } from "./cost/place.mjs";
import { main } from "./setup/run.mjs";

const options = {
  jobs: { type: "string", default: "100000" },
  "one-day": { type: "string", default: "200000" },
  only: { type: "string", default: "" },
  turns: { type: "string" },
  write: { type: "boolean", default: false },
};
const DOCUMENT = new URL("../docs/scale.md", import.meta.url);
const { values } = parseArgs({ options });
const turns = values.turns && { turns: Number(values.turns) };
const SIZES = [{ jobs: 1_000, days: 2 }, { jobs: Number(values.jobs), days: 60 }, { jobs: Number(values["one-day"]), days: 1 }];

await main(async () => {
  await build();
  const sides = [];
  try {
    for (const size of SIZES) sides.push(await filled({ ...size, tell: console.log }));
    console.log("\nMedians (min–max) of one, all vaults in turns:\n");
    const lines = head(SIZES);
    console.log(lines.join("\n"));
    for (const measure of MEASURES.filter(({ name }) => name.includes(values.only))) {
      lines.push(row(measure, await measured({ ...measure, ...turns }, sides)));
      console.log(lines.at(-1));
    }
    if (values.write) put(DOCUMENT, "growth", lines.join("\n"));
  } finally {
    for (const { vault } of sides) await vault.end();
  }
});
