// A day's object reads the same number of rows for a delivery, however many jobs the day has.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { counted, forget, tally } from "../../../tools/workerd/counted.mjs";
import { startVault } from "../support/vault.mjs";

const HOUR_MS = 3_600_000;
let vault;
before(async () => {
  vault = await startVault({ change: counted });
});
after(() => vault.stop());

function deliver(jobId) {
  const now = Date.now();
  return vault.deliver({ eventType: "acquired", jobId, updatedAt: now, leaseExpiry: now + HOUR_MS });
}

/** Returns the catalog's rows for one delivery, with everything that follows. */
async function rows(jobId) {
  await tally(vault);
  await forget(vault);
  await deliver(jobId);
  const { counts } = await tally(vault);
  return counts["Catalog.rowRead"];
}

test("a delivery on a day with forty more jobs reads no more rows", async () => {
  await rows("first");
  const few = await rows("second");
  for (let n = 0; n < 40; n += 1) await deliver(`more-${n}`);
  assert.ok(few > 0);
  assert.equal(await rows("last"), few);
});
