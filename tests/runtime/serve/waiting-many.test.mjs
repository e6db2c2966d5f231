// Many readers that wait for one job, and many that leave before the end.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { acquired, told } from "../support/deliveries.mjs";
import { eventually, within } from "../support/wait.mjs";
import { startWatchedVault } from "../support/vaults/watch.mjs";

const READERS = 500;
/** Longer, in seconds, than an object lets a reader wait. */
const LONG = 40;

describe("many waiting readers", () => {
  let vault;
  /** The longest time, in seconds, until all readers had arrived. */
  let longest = 0;
  before(async () => {
    vault = await startWatchedVault();
  });
  after(() => vault.stop());

  /** Starts `READERS` reads, and returns them once all wait in the object. */
  async function wait(id, version, { seconds = LONG, ...init } = {}) {
    const read = async () => {
      const response = await vault.get(`/jobs/${id}?wait=${seconds}&version=${version}`, init);
      return { version: (await response.json()).version, at: Date.now() };
    };
    const begun = Date.now();
    const readings = Array.from({ length: READERS }, read);
    readings.forEach((reading) => reading.catch(() => {}));
    await eventually("all wait", () => vault.busy() === READERS || undefined);
    longest = Math.max(longest, (Date.now() - begun) / 1_000);
    return readings;
  }

  test("all get the change within a second", async () => {
    await vault.deliver(acquired("many", 1));
    await within(1_000, async (turn) => {
      const version = turn + 1;
      const readings = await wait("many", version);
      await vault.deliver(version % 2 ? told("retried", "many", version + 1) : acquired("many", version + 1));
      const answered = Date.now();
      const answers = await Promise.all(readings);
      assert.ok(answers.every((answer) => answer.version === version + 1));
      return Math.max(...answers.map(({ at }) => at)) - answered;
    });
  });

  const ends = {
    "the next change": [() => LONG, () => vault.deliver(told("retried", "left-0", 2))],
    // No reader may leave before the last one has arrived.
    "the end of their wait": [() => Math.min(LONG, 5 + Math.ceil(3 * longest)), () => {}],
  };
  for (const [n, [end, [seconds, act]]] of Object.entries(Object.entries(ends))) {
    test(`that leave are gone from the object at ${end}`, async () => {
      const id = `left-${n}`;
      await vault.deliver(acquired(id, 1));
      const leaving = new AbortController();
      const readings = await wait(id, 1, { seconds: seconds(), signal: leaving.signal });
      leaving.abort();
      for (const { status } of await Promise.allSettled(readings)) assert.equal(status, "rejected");
      await act();
      await eventually("the object is at rest", () => vault.busy() === 0 || undefined);
      const before = vault.asked();
      await vault.deliver(acquired(id, 3));
      assert.equal((await vault.job(id)).status, "acquired");
      assert.equal(vault.asked() - before, 2, "the delivery's question, and the last reader's");
    });
  }

  test("are not interrupted during the longest wait", async () => {
    await vault.deliver(acquired("long", 1));
    const before = vault.asked();
    const reading = vault.get("/jobs/long?wait=60&version=1");
    await eventually("a second question", () => vault.asked() >= before + 3 || undefined);
    await vault.deliver(told("retried", "long", 2));
    assert.equal((await (await reading).json()).version, 2);
  });
});
