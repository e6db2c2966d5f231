// A day's object: what it stores, and from which senders.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { askable, askObject, row, sql } from "../support/catalog.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

let vault;
before(async () => {
  vault = await startVault({ change: askable });
});
after(() => vault?.stop());

const at = (day, ms = 0) => Date.parse(`${day}T12:00:00Z`) + ms;
const put = async (day, ...rows) => assert.equal(await askObject(vault, day, { PutMany: rows }), "Noted");
const listed = async (query = "") =>
  (await vault.json(`/jobs?limit=200${query}`)).jobs.map(({ id, status }) => `${id} ${status}`);
const until = (query, want) => eventually(`${want} is listed`, async () => {
  const found = await listed(query);
  return JSON.stringify(found) === JSON.stringify(want) || undefined;
});
const inDay = (day) => `&since=${day}&until=${at(day) + 43_200_000}`;

describe("a day", () => {
  it("stores many rows at once, and no older row after a newer one", async () => {
    const [day, time] = ["2024-03-01", at("2024-03-01")];
    const many = Array.from({ length: 300 }, (_, n) => row(`many-${String(n).padStart(3, "0")}`, time + n,
      { tags: ["x".repeat(4_000)] }));
    await put(day, ...many, row("many-000", time, { revision: 3, status: "retried" }), row("many-000", time, { revision: 2 }));
    await put(day, row("many-000", time, { revision: 2 }), row("many-001", time + 1, { revision: 5, status: "cancelled" }));
    await until(`${inDay(day)}&q=many-00`, [...many.slice(2, 10).toReversed().map(({ summary }) => `${summary.id} failed`),
      "many-001 cancelled", "many-000 retried"]);
    await eventually("the sums are those of the rows", async () => {
      const { jobs, status } = await vault.json("/stats");
      return (jobs === 300 && status.failed === 298 && status.retried === 1 && status.cancelled === 1) || undefined;
    });
  });

  it("does not bring a removed job back", async () => {
    const [day, time] = ["2024-03-02", at("2024-03-02")];
    await put(day, row("gone", time, { revision: 4 }), row("stays", time), row("left", time));
    await askObject(vault, day, { Remove: { home: "id:gone", created_at: time, revision: 4 } });
    // The release before does not say when the job was created.
    await askObject(vault, day, { Remove: { home: "id:left", revision: 1 } });
    await put(day, row("gone", time, { revision: 3 }), row("left", time), row("new", time));
    await askObject(vault, day, { Put: row("gone", time, { revision: 4 }) });
    await until(inDay(day), ["stays failed", "new failed"]);
    await put(day, row("gone", time, { revision: 5 }), row("gone", time, { revision: 4, status: "retried" }));
    await until(inDay(day), ["stays failed", "new failed", "gone failed"]);
    assert.deepEqual(await sql(vault, day, "SELECT home FROM removed"), [{ home: "id:left" }]);
  });

  it("understands commands of the release before", async () => {
    const [day, time] = ["2024-03-03", at("2024-03-03")];
    assert.equal(await askObject(vault, day, { Put: row("one", time) }), "Noted");
    const { Rows } = await askObject(vault, day, { RowsOf: ["id:none", "id:one"] });
    assert.deepEqual(Rows.map(({ home }) => home), ["id:one"]);
    const unknown = await askObject(vault, day, { Unknown: 1 });
    assert.match(unknown.failed, /^reading a question: unknown variant/);
  });

  it("finds the least slack and the oldest pending file again when they go", async () => {
    const [day, time] = ["2024-03-04", at("2024-03-04")];
    const sums = async () => {
      const text = await (await vault.get("/metrics")).text();
      return ["smallest_slack", "oldest_pending"].map((name) => Number(new RegExp(`^hookvault_${name}_seconds (.*)$`, "m").exec(text)?.[1]));
    };
    const slack = (smallestSlack, oldestPending = null) => ({ numbers: { smallestSlack, oldestPending } });
    await put(day, row("s1", time, slack(5_000, time)), row("s2", time, slack(9_000)),
      row("huge", time, slack(18_000_000_000_000_000_000)));
    await eventually("the least is counted", async () => (await sums())[0] === 5 || undefined);
    const waits = (await sums())[1];
    assert.ok(Math.abs(waits - (Date.now() - time) / 1_000) < 60, `${waits}`);
    await put(day, row("s1", time, { revision: 2, ...slack(7_000) }));
    await eventually("it has grown", async () => (await sums())[0] === 7 || undefined);
    assert.ok(Number.isNaN((await sums())[1]));
    await askObject(vault, day, { Remove: { home: "id:s1", created_at: time, revision: 2 } });
    await eventually("it has gone", async () => (await sums())[0] === 9 || undefined);
  });
});
