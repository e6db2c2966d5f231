// `npm run cost`: computes the tables of `docs/cost.md` from the operations that a test pins; `-- --write` writes them
// there.
// `-- --count` counts the operations again, and prints what differs from the stored counts; `-- --count --write` stores
// the new counts.
// `-- --cpu` measures the CPU time of a job.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { differences } from "./bench/counts.mjs";
import { TWINS } from "./bench/twin.mjs";
import { build } from "./build.mjs";
import { countLife } from "./cost/count.mjs";
import { measureCpu } from "./cost/cpu.mjs";
import { costs } from "./cost/document.mjs";
import { OF_TWINS, OPERATIONS, writeCounted } from "./cost/operations.mjs";
import { put } from "./cost/place.mjs";
import { main } from "./setup/run.mjs";

const DOCUMENT = new URL("../docs/cost.md", import.meta.url);
const flag = { type: "boolean" };
const { values } = parseArgs({ options: { write: flag, count: flag, cpu: flag } });

await main(async () => {
  if (values.cpu) return measureCpu();
  if (values.count) return compare(await count());
  const tables = Object.entries(costs());
  for (const [name, table] of tables) console.log(`${name}\n\n${table}\n`);
  if (values.write) for (const [name, table] of tables) put(DOCUMENT, name, table);
});

/** Counts the operations of every side that keeps the contract. */
async function count() {
  await build();
  const dir = mkdtempSync(join(tmpdir(), "hookvault-cost-"));
  try {
    const counted = {};
    for (const side of ["hookvault", ...TWINS]) counted[side] = await countLife(side, dir);
    return counted;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Prints what differs from the stored counts, and stores the new ones with `--write`. */
function compare(counted) {
  for (const [side, steps] of Object.entries(counted)) {
    const wrong = differences(steps, { hookvault: OPERATIONS, ...OF_TWINS }[side]);
    console.log([`${side}: ${wrong.length === 0 ? "as it stands in tools/cost/counted.json" : "not as it stands"}`, ...wrong].join("\n  "));
  }
  if (values.write) writeCounted(counted);
}
