// Queries over ten thousand jobs read no more rows than over a few, where an index serves them. The test counts rows
// rather than time, because rows do not depend on the machine. `npm run growth` has the times, for more jobs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { filled } from "../../../tools/growth/fill.mjs";
import { MEASURES } from "../../../tools/growth/measure.mjs";
import { GOAL } from "../../../tools/growth/table.mjs";
import { forget, tally } from "../../../tools/workerd/counted.mjs";

const PAIRS = {
  "on thirty days": [{ jobs: 600, days: 30 }, { jobs: 10_000, days: 30 }],
  "on one day": [{ jobs: 300, days: 1 }, { jobs: 10_000, days: 1 }],
};

/** Returns the catalog's rows that a query reads, with everything that follows. The first call does not count. */
async function rowsOf({ one }, side) {
  await one(side);
  await tally(side.vault);
  await forget(side.vault);
  await one(side);
  const { counts } = await tally(side.vault);
  return counts["Catalog.rowRead"] ?? 0;
}

for (const [where, sizes] of Object.entries(PAIRS)) describe(`${sizes[1].jobs} jobs ${where}`, () => {
  const sides = [];
  before(async () => {
    for (const size of sizes) sides.push(await filled(size));
  });
  after(() => Promise.all(sides.map(({ vault }) => vault.end())));

  for (const measure of MEASURES.filter(({ isMixed }) => !isMixed)) {
    test(`${measure.name}${measure.scan ? ", a scan" : ""}`, async (t) => {
      const [few, many] = [await rowsOf(measure, sides[0]), await rowsOf(measure, sides[1])];
      t.diagnostic(`${few} rows of ${sizes[0].jobs} jobs, ${many} of ${sizes[1].jobs}`);
      if (!measure.scan) assert.ok(many <= few * GOAL, `${many} rows, and ${few} of few jobs`);
    });
  }
});
