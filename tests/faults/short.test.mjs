// A short form of the fault table: few jobs, the quick rows. `npm run faults` plays all of it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { play } from "../../tools/faults/play.mjs";
import { ROWS, SHORT } from "../../tools/faults/rows.mjs";
import { head, line, remarks } from "../../tools/faults/table.mjs";

const OPTIONS = { jobs: 10, limitMs: 60_000 };

describe("nothing is lost:", () => {
  for (const row of SHORT) {
    test(row.name, async () => {
      const played = await play(row, OPTIONS);
      assert.ok(!played.isRed, [head(), line(played), remarks(played)].join("\n"));
    });
  }
});

test("a fault that strikes no job turns its row red", async () => {
  const row = { name: "no fault", rig: {}, play: (rig, count) => rig.submit(count) };
  const { isRed, struck, counts } = await play(row, OPTIONS);
  assert.deepEqual([isRed, struck], [true, 0]);
  assert.deepEqual(new Set(Object.values(counts)), new Set([0]));
});

test("no two rows have the same name", () => {
  assert.equal(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
});
