// What jobs cost: in the record, and added up in `GET /stats` and `GET /metrics`.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startFalAi } from "../support/fal/ai.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };
const NONE = { bySender: [], byApp: [], byDay: [] };

describe("costs", () => {
  let fal, vault, second;
  before(async () => {
    fal = await startFalAi();
    const vars = { FAL_KEY: "fal-key-0123456789" };
    vault = await startVault({ vars, change: fal.change });
    second = await startVault({ vars, change: fal.change });
  });
  after(() => stopAll(vault, second, fal));

  /** Makes the vault ask fal for a result, which fal says has so many units. */
  async function ask(id, units, { app = "fal-ai/flux" } = {}) {
    fal.on(`https://queue.fal.run/${app}/requests/${id}`, (response) => {
      response.writeHead(200, { "content-type": "application/json", ...units && { "x-fal-billable-units": units } });
      response.end('{"seed":1}');
    });
    const body = { request_id: id, gateway_request_id: id, status: "OK", payload: null, payload_error: "too large" };
    await vault.deliver(body, { query: `?app=${app}` });
    return vault.settled(id);
  }

  /** Waits for these sums by sender, and resolves to all sums. */
  const summed = (of, want) => eventually(`the sums are ${JSON.stringify(want)}`, async () => {
    const { cost } = await of.json("/stats");
    return JSON.stringify(cost.bySender) === JSON.stringify(want) ? cost : undefined;
  });
  const units = (amount, jobs) => [{ sender: "fal", unit: "units", amount, jobs }];
  const metric = async () => /^hookvault_cost.*$/m.exec(await (await vault.get("/metrics")).text())?.[0];

  it("are unknown where no sender tells one", async () => {
    assert.equal((await ask("free", null)).cost, undefined);
    assert.deepEqual((await vault.json("/stats")).cost, NONE);
    assert.equal(await metric(), undefined);
  });

  it("are in the record and added up exactly, by sender, application and day", async () => {
    assert.deepEqual((await ask("a", "0.1")).cost, { amount: "0.1", unit: "units" });
    assert.deepEqual((await ask("b", "0.20")).cost, { amount: "0.20", unit: "units" });
    await ask("c", "3.008", { app: "fal-ai/kling" });
    const cost = await summed(vault, units("3.308", 3));
    assert.deepEqual(cost.byApp, [{ app: "fal-ai/flux", ...units("0.3", 2)[0] }, { app: "fal-ai/kling", ...units("3.008", 1)[0] }]);
    const days = cost.byDay.map(({ day }) => day);
    assert.match(days.join(), /^\d{4}-\d\d-\d\d(,\d{4}-\d\d-\d\d)?$/);
    assert.equal(await metric(), 'hookvault_cost{sender="fal",unit="units"} 3.308');
  });

  it("that are no plain number are noted, and not used", async () => {
    for (const [at, odd] of ["1e999", "-1", "9".repeat(400), "free"].entries()) {
      assert.equal((await ask(`odd-${at}`, odd)).cost, undefined);
      assert.match(JSON.stringify(await vault.events(`odd-${at}`)), /cost is not used/);
    }
    await summed(vault, units("3.308", 3));
  });

  it("are counted once, whatever is repeated, restarted or restored", async () => {
    await vault.deliver({ request_id: "a", status: "OK", payload: { seed: 1 } });
    assert.deepEqual((await vault.job("a")).cost, { amount: "0.1", unit: "units" });
    await vault.restart();
    await summed(vault, units("3.308", 3));
    await eventually("all manifests are there", async () => (await vault.keys("manifests/")).length === 8 || undefined);
    const [source, target] = [await vault.bucket(), await second.bucket()];
    for (const key of await vault.keys("manifests/")) await target.put(key, await (await source.get(key)).text());
    for (let round = 0; round < 2; round += 1) {
      assert.equal((await second.post("/restore", "", headers)).status, 200);
      await summed(second, units("3.308", 3));
    }
    assert.deepEqual((await second.job("c")).cost, { amount: "3.008", unit: "units" });
  });

  it("of another sender have a sum of their own, which repetition and order do not change", async () => {
    const kling = (at, final_unit_deduction) => ({ task_id: "k", task_status: "succeed", updated_at: 1_766_867_820_000 + at,
      final_unit_deduction, task_result: { note: "no file" } });
    for (const body of [kling(5, "1.5"), kling(5, "1.5"), kling(9, "2.25"), kling(7, "1.75"), kling(9, "2.25")]) {
      await vault.deliver(body);
    }
    const job = await vault.settled("k");
    assert.deepEqual([job.provider, job.cost], ["kling", { amount: "2.25", unit: "units" }]);
    const of = { sender: "kling", unit: "units", amount: "2.25", jobs: 1 };
    const cost = await summed(vault, [...units("3.308", 3), of]);
    assert.deepEqual(cost.byApp.at(-1), { app: null, ...of });
    assert.match(await (await vault.get("/metrics")).text(), /^hookvault_cost\{sender="kling",unit="units"\} 2\.25$/m);
    vault.unwatch("k");
    assert.equal((await vault.get("/jobs/k", { method: "DELETE" })).status, 204);
    await summed(vault, units("3.308", 3));
  });

  it("leave the sums with the deleted job", async () => {
    for (const [id, left] of [["c", units("0.3", 2)], ["a", units("0.2", 1)], ["b", []]]) {
      vault.unwatch(id);
      assert.equal((await vault.get(`/jobs/${id}`, { method: "DELETE" })).status, 204);
      await summed(vault, left);
    }
    assert.deepEqual((await vault.json("/stats")).cost, NONE);
    assert.equal(await metric(), undefined);
  });
});
