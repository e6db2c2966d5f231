// Each edit that removes a guard must match the source exactly once; otherwise its guard is not tested.
import assert from "node:assert/strict";
import { test } from "node:test";
import { edited, mutants } from "../../tools/faults/mutants.mjs";
import { ROOT } from "../../tools/workerd/vault.mjs";

for (const { name, edits } of mutants) {
  test(`${name}: each edit matches the source once`, () => {
    for (const edit of edits) assert.doesNotThrow(() => edited(ROOT, edit));
  });
}
