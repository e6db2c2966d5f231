// `DELETE /jobs/{id}` while the job works: whatever is written late, nothing of it stays.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Injector } from "../../../tools/faults/injector.mjs";
import { withShims } from "../../../tools/faults/shims.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN } from "../support/vault.mjs";
import { startSourced, steady } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

/**
 * At this pace the second sweep comes after a third of a second. The last one comes after six seconds, instead of 20
 * minutes.
 */
const PACE = { RETRY_BASE_MS: "10" };

const isManifest = ({ text }) => text.startsWith("manifests/");
const NEW = "the row of a new job";
/** The operations that may be running when the job is deleted. */
const STEPS = {
  "a copy's write": ({ op, when, text }) => op === "FILES.put" && when === "before" && text.startsWith("jobs/"),
  "the note of a copy": ({ op, when, text }) => op === "FILES.put" && when === "after" && text.startsWith("jobs/"),
  "the manifest": (step) => step.op === "FILES.put" && step.when === "before" && isManifest(step),
  "the copy in KV": ({ op, when }) => op === "RECORDS.put" && when === "before",
  [NEW]: ({ op, when, text }) => op === "CATALOG.ask" && when === "before" && text.includes('"status":"acquired"'),
  "the row of a settled one": ({ op, when, text }) => op === "CATALOG.ask" && when === "before" && text.includes('"archive":"stored"'),
};

describe("a job that is deleted amid", () => {
  const injector = new Injector();
  const jobs = Object.keys(STEPS).map((what, n) => [what, `50000${n}`]);
  let source, vault;
  before(async () => {
    const port = await steady();
    ({ source, vault } = await startSourced({ vars: PACE, change: (options) => port(withShims((step) => injector.meet(step))(options)) }));
  });
  after(() => {
    injector.calm();
    return stopAll(vault, source);
  });

  const remove = async (id) => {
    vault.unwatch(id);
    return (await fetch(`${vault.url}/jobs/${id}`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}`, connection: "close" } })).status;
  };
  const keysOf = async (id) => (await vault.keys("")).filter((key) => key.includes(id));
  const isGone = async (id) => {
    const { jobs: rows } = await vault.json("/jobs?limit=200");
    const copy = await (await vault.records()).get(id);
    return (await keysOf(id)).length === 0 && copy === null && !rows.some((row) => row.id === id);
  };
  const gone = (id) => eventually(`nothing is left of ${id}`, async () => (await isGone(id)) || undefined);

  for (const [what, id] of jobs) {
    it(`${what}, and a delivery after it`, async () => {
      injector.binding = (step) => (step.job === id && STEPS[what](step) ? "hold" : undefined);
      const isHeld = () => eventually("it is under way", () => injector.holds(id) || undefined);
      await vault.deliver(acquired(id));
      if (what === NEW) await isHeld();
      await vault.deliver(completed(source.put(`/${id}_0_a.mp4`, noise(2_000)), id));
      await isHeld();
      assert.equal(await remove(id), 204);
      const late = await vault.deliver(told("retried", id, 9));
      vault.unwatch(id);
      assert.deepEqual([late.status, late.deleted], [200, true]);
      injector.calm();
      await gone(id);
      assert.equal((await vault.get(`/jobs/${id}?wait=0`)).status, 404);
    });
  }

  it("all of these, after a restart", async () => {
    await vault.restart();
    for (const [, id] of jobs) assert.ok(await isGone(id), id);
    assert.equal((await vault.json("/stats")).jobs, 0);
  });

  it("a write that ends long after its instance was reset", async () => {
    const id = "500009";
    await vault.deliver(completed(source.put(`/${id}_0_a.mp4`, noise(2_000)), id));
    await vault.settled(id);
    assert.equal(await remove(id), 204);
    // Usually everything was deleted a second time by now. If that is late, this does not test the last sweep, but it
    // never fails for that.
    await sleep(1_000);
    await (await vault.bucket()).put(`jobs/${id}/0-a.mp4`, "late");
    await eventually("what is late is gone", async () => (await keysOf(id)).length === 0 || undefined);
  });
});
