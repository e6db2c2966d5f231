// What the sabotage edits: it has to stand in the source, or else a guard is not tried.
import assert from "node:assert/strict";
import { test } from "node:test";
import { edited, mutants } from "../../tools/faults/mutants.mjs";
import { ROOT } from "../../tools/workerd/vault.mjs";

for (const { name, edits } of mutants) {
  test(`${name}: stands once in the source`, () => {
    for (const edit of edits) assert.doesNotThrow(() => edited(ROOT, edit));
  });
}
