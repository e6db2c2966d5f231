// What the sabotage edits: it has to stand in the source, or else a guard is not tried.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mutants } from "../../tools/faults/mutants.mjs";
import { ROOT } from "../../tools/workerd/vault.mjs";

for (const { name, edits } of mutants) {
  test(`${name}: stands once in the source`, () => {
    for (const { file, find } of edits) {
      assert.equal(readFileSync(join(ROOT, file), "utf8").split(find).length - 1, 1, `${file}: ${find}`);
    }
  });
}
