// What a change of a day costs, and how `root` learns about it. No reader gets an answer that is older than a change
// that a day has confirmed.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { counted, forget, tally } from "../../../tools/workerd/counted.mjs";
import { askable, askObject, row, spoil, sql, unknown } from "../support/catalog.mjs";
import { told } from "../support/deliveries.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const put = async (vault, day, ...rows) => assert.equal(await askObject(vault, day, { PutMany: rows }), "Noted");
const dayOf = (n) => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10);
const at = (day) => Date.parse(`${day}T12:00:00Z`);

describe("what a change costs", () => {
  let vault;
  before(async () => {
    vault = await startVault({ change: (options) => counted(askable(options)) });
  });
  after(() => vault?.stop());

  const cost = async (act) => {
    await tally(vault);
    await forget(vault);
    await act();
    const { counts } = await tally(vault);
    return [counts["Catalog.rowWritten"], counts["CATALOG.request"], counts["Catalog.alarm"] ?? 0];
  };

  it("is two rows and one call, whatever the change", async () => {
    const day = "2024-03-01";
    await put(vault, day, row("first", at(day)));
    const tags = ["a", "b"];
    const acquired = row("job", at(day), { status: "acquired", tags });
    const waits = row("late", at(day), { numbers: { oldestPending: at(day) } });
    assert.deepEqual(await cost(() => put(vault, day, acquired)), [2, 1, 0]);
    assert.deepEqual(await cost(() => put(vault, day, { ...acquired, revision: 2, version: 2 })), [2, 1, 0]);
    assert.deepEqual(await cost(() => put(vault, day, row("job", at(day), { revision: 3, numbers: { smallestSlack: 5 } }))), [2, 1, 0]);
    assert.deepEqual(await cost(() => put(vault, day, waits)), [3, 1, 0]);
    const many = Array.from({ length: 40 }, (_, n) => row(`many-${n}`, at(day)));
    assert.deepEqual(await cost(() => put(vault, day, ...many)), [41, 1, 0]);
  });

  it("is one more call and row after somebody has looked", async () => {
    const day = "2024-03-02";
    await put(vault, day, row("first", at(day)));
    await vault.json("/stats");
    assert.deepEqual(await cost(() => put(vault, day, row("second", at(day)))), [3, 2, 0]);
    assert.deepEqual(await cost(() => put(vault, day, row("third", at(day)))), [2, 1, 0]);
  });
});

describe("an answer", () => {
  let vault;
  before(async () => {
    vault = await startVault({ change: askable });
  });
  after(() => vault?.stop());

  it("has every change that was confirmed before the request", async () => {
    const day = "2024-03-01";
    for (let n = 1; n <= 25; n += 1) {
      const status = n % 2 ? "failed" : "cancelled";
      await put(vault, day, row("job", at(day), { revision: n, status }), row(`j${n}`, at(day)));
      assert.deepEqual([(await vault.json("/stats")).jobs, (await vault.json("/stats")).status[status] > 0], [n + 1, true]);
      const { jobs } = await vault.json(`/jobs?status=${status}&q=job`);
      assert.deepEqual(jobs.map(({ id }) => id), ["job"]);
    }
  });

  it("does so during many changes and many requests", async () => {
    const day = "2024-03-02";
    let confirmed = 0;
    const from = (await vault.json("/stats")).jobs;
    const write = async (who) => {
      for (let n = 0; n < 30; n += 1) {
        await put(vault, day, row(`${who}-${n}`, at(day)));
        confirmed += 1;
      }
    };
    const look = async () => {
      while (confirmed < 120) {
        const known = confirmed;
        const { jobs } = await vault.json("/stats");
        assert.ok(jobs - from >= known, `${jobs - from} of ${known}`);
      }
    };
    await Promise.all([...["a", "b", "c", "d"].map(write), ...[1, 2, 3].map(look)]);
    assert.equal((await vault.json("/stats")).jobs - from, 120);
  });

  it("does so for more days than one call asks", async () => {
    const from = await vault.json("/stats");
    for (let n = 0; n < 100; n += 1) await put(vault, dayOf(n), row(`day-${n}`, at(dayOf(n)), { status: "retried" }));
    const stats = await vault.json("/stats");
    assert.deepEqual([stats.jobs - from.jobs, stats.status.retried], [100, 100]);
    const { jobs, cursor } = await vault.json("/jobs?status=cancelled&until=2024-02-20");
    assert.deepEqual([jobs, cursor], [[], null]);
  });

  it("does so after each death", async () => {
    const day = "2025-03-03";
    const from = (await vault.json("/stats")).jobs;
    const ids = new Set();
    for (let round = 0; round < 3; round += 1) {
      const all = Array.from({ length: 30 }, (_, n) => `kill-${round}-${n}`);
      const puts = all.map((id) => put(vault, day, row(id, at(day))).then(() => ids.add(id), () => {}));
      await Promise.any(puts);
      await vault.kill();
      await Promise.all(puts);
      const { jobs } = await vault.json("/stats");
      assert.ok(jobs - from >= ids.size, `${jobs - from} of ${ids.size}`);
      const listed = await vault.json(`/jobs?limit=200&since=${day}&until=2025-03-04`);
      assert.equal(listed.jobs.length, jobs - from);
    }
  });
});

describe("a root that can't be reached", () => {
  let vault;
  before(async () => {
    vault = await startVault({ change: askable });
  });
  after(() => vault?.stop());

  it("learns of a change later", async () => {
    const day = "2024-03-01";
    await put(vault, day, row("first", at(day)));
    await vault.json("/stats");
    vault.expectErrors(/it is not well/);
    await spoil(vault, "root", { Dirty: "it is not well" });
    await put(vault, day, row("second", at(day)));
    await spoil(vault, "root", {});
    await eventually("it is counted", async () => (await vault.json("/stats")).jobs === 2 || undefined);
  });

  it("may be of the release before, and then gets each change as before", async () => {
    const day = "2024-03-02";
    await spoil(vault, "root", unknown("Dirty", "Sums"));
    await put(vault, day, row("one", at(day)), row("two", at(day)));
    const known = () => sql(vault, "root", `SELECT seq, dirty FROM days WHERE day = '${day}'`);
    await eventually("root has the sums", async () => (await known())[0]?.seq === 2 || undefined);
    assert.equal((await known())[0].dirty, 0);
    await spoil(vault, "root", {});
    await put(vault, day, row("three", at(day)));
    assert.equal((await vault.json("/stats")).jobs, 5);
  });

  it("accepts reports from a day of the release before", async () => {
    const day = "2024-03-03";
    const numbers = { ...row("x", 0).numbers };
    const totals = { jobs: 1, status: { failed: 1 }, archive: { none: 1 }, numbers };
    await askObject(vault, "root", { Push: { day, seq: 1, totals, changes: [{ Put: row("old", at(day)) }] } });
    assert.equal((await vault.json("/stats")).jobs, 6);
  });

  it("sends rows one by one to a day of the release before", async () => {
    const day = new Date().toISOString().slice(0, 10);
    await spoil(vault, day, unknown("PutMany"));
    await vault.deliver(told("failed", "single", 1));
    await eventually("it is listed", async () => (await vault.json("/jobs?q=single")).jobs.length === 1 || undefined);
  });
});
