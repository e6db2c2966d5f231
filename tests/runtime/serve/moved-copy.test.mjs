// The copy in KV of a job that moves from its reference to its id.
import assert from "node:assert/strict";
import { test } from "node:test";
import { acquired, told } from "../support/deliveries.mjs";
import { startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { eventually } from "../support/wait.mjs";


test("a copy that KV does not delete when the job moves is deleted later", async (context) => {
  const vault = await startVault({ change: withEntry("limited") });
  context.after(() => vault.stop());
  vault.expectErrors(/limit exceeded for the day/);
  const copyOf = async (key) => (await vault.records()).get(key, "json");
  await vault.deliver(acquired("841"));
  await vault.deliver({ eventType: "failed", error: "no" }, { reference: "m-1" });
  await eventually("the copy", async () => (await copyOf("ref:m-1")) ?? undefined);
  await vault.restart({ KV_LIMIT: "delete" });
  await vault.deliver(told("retried", "841", 5), { reference: "m-1" });
  // The move itself does not wait for KV.
  await eventually("the job has moved", async () => (await vault.job("ref:m-1")).id === "841" || undefined);
  assert.equal((await vault.job("ref:m-1")).status, (await vault.job("841")).status);
  assert.notEqual(await copyOf("ref:m-1"), null);
  await vault.restart({ KV_LIMIT: "" });
  await eventually("no copy", async () => (await copyOf("ref:m-1")) === null || undefined);
  const response = await vault.get("/jobs/ref:m-1");
  assert.equal(response.headers.get("x-hookvault-source"), "object");
  assert.equal((await response.json()).id, "841");
});
