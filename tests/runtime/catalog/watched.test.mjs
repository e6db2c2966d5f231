// The live feed while days change: each viewer gets each change, wherever it falls between the messages of `root` and
// the days.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { askable, askObject, row, spoil, unknown } from "../support/catalog.mjs";
import { startVault } from "../support/vault.mjs";
import { view } from "../support/viewer.mjs";
import { eventually, within } from "../support/wait.mjs";

let vault;
before(async () => {
  vault = await startVault({ change: askable });
});
after(() => vault?.stop());

const put = async (day, ...rows) => assert.equal(await askObject(vault, day, { PutMany: rows }), "Noted");
const at = (day) => Date.parse(`${day}T12:00:00Z`);
const dayOf = (n) => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10);
/** Returns the last message to a viewer about a job; each row's version is in its `updatedAt`. */
const last = (viewers, id) => viewers.flatMap((viewer) => viewer.jobs()).findLast((job) => job.id === id)?.updatedAt;
const hears = (viewer, id, version, day) =>
  eventually(`${id} ${version} is sent`, () => last([viewer], id) === at(day) + version || undefined);

describe("a viewer", () => {
  it("gets a change within a second, also while the day asks whether anybody watches", async () => {
    const day = "2024-03-01";
    const viewer = await view(vault);
    await viewer.here();
    await within(1_000, async (turn) => {
      const begun = Date.now();
      await put(day, row("a", at(day), { revision: turn + 1 }));
      await hears(viewer, "a", turn + 1, day);
      return Date.now() - begun;
    });
    // Here a day reports each change for 750 ms, then asks.
    for (let n = 0; n < 8; n += 1) {
      await put(day, row("b", at(day), { revision: n + 1 }));
      await hears(viewer, "b", n + 1, day);
      await pause(200);
    }
    await put(day, row("b", at(day), { revision: 99, version: 8 }), row("c", at(day)));
    await hears(viewer, "c", 1, day);
    assert.equal(viewer.jobs().filter(({ id }) => id === "b").length, 8, "only what readers see is news");
    viewer.socket.terminate();
  });

  it("gets it after the feed's object was asleep", async () => {
    const day = "2024-03-02";
    const viewer = await view(vault);
    await viewer.here();
    await pause(11_000);
    await put(day, row("a", at(day)));
    await hears(viewer, "a", 1, day);
    viewer.socket.terminate();
  });

  it("learns that a job is gone, and gets no row after that", async () => {
    const day = "2024-03-03";
    const viewer = await view(vault);
    await viewer.here();
    await put(day, row("gone", at(day)));
    await hears(viewer, "gone", 1, day);
    await askObject(vault, day, { Remove: { home: "id:gone", created_at: at(day), revision: 1 } });
    await put(day, row("gone", at(day)), row("next", at(day)));
    await hears(viewer, "next", 1, day);
    const [one, other] = viewer.messages.slice(-2);
    assert.deepEqual([one.deleted, other.job.id], ["gone", "next"]);
    const back = await view(vault, viewer.messages.at(0).seq);
    await back.here();
    assert.ok(back.missed().some(({ deleted }) => deleted === "gone"));
    for (const { socket } of [viewer, back]) socket.terminate();
  });

  it("misses nothing that changes while it connects, leaves and comes back", async () => {
    const days = ["2024-04-01", "2024-04-02", "2024-04-03"];
    const first = await view(vault);
    const { seq } = await first.here();
    first.socket.terminate();
    const versions = new Map();
    let isOver = false;
    const write = async (day) => {
      for (let n = 1; !isOver; n += 1) {
        const ids = [`${day}-x`, `${day}-${n % 7}`];
        await put(day, ...ids.map((id) => row(id, at(day), { revision: n })));
        for (const id of ids) versions.set(id, [day, n]);
        if (n % 3 === 0) await vault.json("/stats");
      }
    };
    const writing = days.map(write);
    const viewers = [];
    const watch = async (pauseMs) => {
      const mine = [];
      let known = seq;
      for (let turn = 0; turn < 12; turn += 1) {
        const viewer = await view(vault, known);
        // Some viewers are dropped before their first message, some in between, some after.
        if (turn % 3) await viewer.here();
        await pause(pauseMs * (turn % 4));
        viewer.socket.terminate();
        assert.ok(!viewer.messages.some(({ resync }) => resync));
        known = viewer.seq() ?? known;
        mine.push(viewer);
      }
      const viewer = await view(vault, known);
      await viewer.here();
      mine.push(viewer);
      viewers.push(mine);
    };
    const late = pause(400).then(() => view(vault));
    await Promise.all([watch(5), watch(40), watch(90)]);
    isOver = true;
    await Promise.all(writing);
    for (const mine of viewers) {
      for (const [id, [day, n]] of versions) {
        await eventually(`${id} is sent as it is`, () => last(mine, id) === at(day) + n || undefined);
      }
    }
    // A viewer that came amid the changes gets what changed after it came.
    for (const day of days) await put(day, row(`${day}-x`, at(day), { revision: 1_000_000 }));
    for (const viewer of [await late, ...viewers.map((mine) => mine.at(-1))]) {
      for (const day of days) await hears(viewer, `${day}-x`, 1_000_000, day);
      viewer.socket.terminate();
    }
  });

  it("misses nothing when everything dies with unreported changes", async () => {
    const day = "2024-05-01";
    let { seq } = await (await view(vault)).here();
    const seen = new Map();
    for (let round = 1; round <= 4; round += 1) {
      const viewer = await view(vault, seq);
      if (round % 2) await viewer.here();
      const puts = Array.from({ length: 25 }, (_, n) => put(day, row(`d${n}`, at(day), { revision: round })).catch(() => {}));
      await Promise.any(puts);
      await vault.kill();
      await Promise.all(puts);
      await eventually("it is dropped", () => viewer.code !== undefined || undefined);
      for (const job of viewer.jobs()) seen.set(job.id, job.updatedAt);
      seq = viewer.seq() ?? seq;
      await put(day, ...Array.from({ length: 25 }, (_, n) => row(`d${n}`, at(day), { revision: round })));
    }
    const viewer = await view(vault, seq);
    await viewer.here();
    for (const job of viewer.jobs()) seen.set(job.id, job.updatedAt);
    for (let n = 0; n < 25; n += 1) assert.equal(seen.get(`d${n}`), at(day) + 4, `d${n}`);
    viewer.socket.terminate();
  });

  it("that is far behind gets all that it missed, or must read the list after too many days", async () => {
    const day = "2024-06-01";
    const first = await view(vault);
    const { seq } = await first.here();
    first.socket.terminate();
    const ids = Array.from({ length: 1_250 }, (_, n) => `far-${n}`);
    await put(day, ...ids.map((id) => row(id, at(day))));
    const second = await view(vault, seq);
    await second.here();
    assert.deepEqual(second.missed().map(({ job }) => job.id).sort(), ids.toSorted());
    second.socket.terminate();
    for (let n = 0; n < 60; n += 1) await put(dayOf(n), row(`many-${n}`, at(dayOf(n))));
    const third = await view(vault, seq);
    assert.equal((await third.here()).resync, true);
    // From then on it gets each day's changes.
    for (let n = 0; n < 60; n += 1) await put(dayOf(n), row(`many-${n}`, at(dayOf(n)), { revision: 2 }));
    for (let n = 0; n < 60; n += 1) await hears(third, `many-${n}`, 2, dayOf(n));
    third.socket.terminate();
    const fourth = await view(vault, third.seq());
    assert.equal((await fourth.here()).resync, undefined);
    assert.ok(third.seq().length < 100, third.seq());
    fourth.socket.terminate();
  });

  it("gets the changes of a day whose root was unreachable, or of the release before", async () => {
    const day = "2024-07-01";
    const viewer = await view(vault);
    await viewer.here();
    vault.expectErrors(/it is not well/);
    for (const [n, spoilt] of [{ Dirty: "it is not well" }, unknown("Dirty")].entries()) {
      await vault.json("/stats");
      await spoil(vault, "root", spoilt);
      await put(day, row("a", at(day), { revision: n + 1 }));
      if (n === 0) await spoil(vault, "root", {});
      await hears(viewer, "a", n + 1, day);
    }
    await spoil(vault, "root", {});
    const totals = { jobs: 2, status: { failed: 2 }, archive: { none: 2 }, numbers: row("x", 0).numbers };
    const changes = [{ Put: row("old", at(day)) }, { Removed: { home: "id:older", id: "older" } }];
    await askObject(vault, "root", { Push: { day: "2024-07-02", seq: 2, totals, changes } });
    await hears(viewer, "old", 1, day);
    await eventually("its removal is sent", () => viewer.messages.some(({ deleted }) => deleted === "older") || undefined);
    viewer.socket.terminate();
  });
});
