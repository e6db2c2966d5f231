// What each event does to a job, in whatever order they arrive.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { acquired, at, completed, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { startSourced } from "../support/vaults/served.mjs";

describe("states", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  /** Delivers each body, and compares the timeline, the status and the counts. */
  async function play(id, deliveries, { outcomes, ...want }) {
    for (const body of deliveries) {
      const answer = await vault.deliver(body);
      assert.equal(answer.status, 200);
      assert.equal(answer.id, id);
    }
    assert.deepEqual(await vault.outcomes(id), outcomes);
    const job = await vault.job(id);
    const duplicates = outcomes.filter((outcome) => outcome.endsWith(":duplicate")).length;
    const all = { deliveries: deliveries.length, duplicates, ...want };
    for (const [key, value] of Object.entries(all)) assert.deepEqual(job[key], value, key);
    return job;
  }

  const video = (id) => source.put(`/outputs/free/${id}_0_video.mp4`);

  test("completed before acquired", async () => {
    await play("101", [completed(video(101)), acquired("101")], {
      outcomes: ["completed:applied", "acquired:late"],
      status: "completed",
      attempt: 1,
      acquiredAt: null,
      workerName: null,
    });
    const { archive, files } = await vault.settled("101");
    assert.deepEqual([archive, files.length], ["stored", 1]);
    const late = (await vault.events("101")).find(({ outcome }) => outcome === "late");
    assert.equal(late.detail, "the job is completed");
  });

  test("acquired twice", async () => {
    await play("102", [acquired("102"), acquired("102")], {
      outcomes: ["acquired:applied", "acquired:duplicate"],
      status: "acquired",
      version: 1,
    });
  });

  test("a newer lease is applied, an older one is late", async () => {
    const older = { ...acquired("103", 1), leaseExpiry: at(0) };
    await play("103", [acquired("103", 0), acquired("103", 2), acquired("103", 1), older], {
      outcomes: ["acquired:applied", "acquired:applied", "acquired:late", "acquired:late"],
      status: "acquired",
      attempt: 1,
      acquiredAt: at(2),
      leaseExpiry: at(2) + 45_000,
      workerName: "worker-2",
      version: 2,
    });
  });

  test("failed, retried, failed again with equal bodies", async () => {
    const failed = told("failed", "104", undefined, { error: "out of memory" });
    const retried = told("retried", "104");
    await play("104", [acquired("104"), failed, failed, retried, failed, retried, failed], {
      outcomes: [
        "acquired:applied",
        "failed:applied",
        "failed:duplicate",
        "retried:applied",
        "failed:applied",
        "retried:applied",
        "failed:applied",
      ],
      status: "failed",
      attempt: 3,
      error: "out of memory",
    });
  });

  test("failed, acquired again and completed", async () => {
    const retried = told("retried", "105", 2);
    const failed = told("failed", "105", 1, { error: "out of memory" });
    const result = completed(video(105), "105");
    await play("105", [acquired("105", 0), failed, retried, acquired("105", 3), result], {
      outcomes: ["acquired", "failed", "retried", "acquired", "completed"].map((type) => `${type}:applied`),
      status: "completed",
      attempt: 2,
      error: null,
      workerName: "worker-3",
    });
  });

  test("an ended job is reopened by a newer acquired, not by an older one", async () => {
    for (const [id, end] of [["106", "failed"], ["107", "cancelled"]]) {
      const deliveries = [told(end, id, 2), acquired(id, 1), acquired(id, 2), acquired(id, 3)];
      await play(id, deliveries, {
        outcomes: [`${end}:applied`, "acquired:late", "acquired:late", "acquired:applied"],
        status: "acquired",
        attempt: 2,
        workerName: "worker-3",
      });
    }
  });

  test("cancelled, and then a result after all", async () => {
    const cancelled = told("cancelled", "108", 1);
    await play("108", [acquired("108"), cancelled, told("failed", "108", 2), cancelled], {
      outcomes: ["acquired:applied", "cancelled:applied", "failed:late", "cancelled:duplicate"],
      status: "cancelled",
      error: null,
    });
    await vault.deliver(completed(video(108), "108"));
    assert.equal((await vault.settled("108")).archive, "stored");
  });

  test("late by the sender's clock, whatever the order", async () => {
    const kinds = ["failed", "cancelled", "retried"];
    for (const [n, eventType] of kinds.entries()) {
      const id = `11${n}`;
      await play(id, [acquired(id, 5), told(eventType, id, 4)], {
        outcomes: ["acquired:applied", `${eventType}:late`],
        status: "acquired",
        attempt: 1,
        version: 1,
      });
    }
  });

  test("completed is final", async () => {
    const others = [acquired("120", 9), ...["failed", "cancelled", "retried"].map((type) =>
      told(type, "120", 9, { error: "no" }))];
    await play("120", [{ eventType: "completed", jobId: "120", text: "paid for" }, ...others], {
      outcomes: ["completed:applied", "acquired:late", "failed:late", "cancelled:late", "retried:late"],
      status: "completed",
      attempt: 1,
      error: null,
      version: 1,
    });
  });

  test("an unknown type is kept and changes nothing", async () => {
    const paused = { eventType: "paused", jobId: "121", updatedAt: at(9), error: "no" };
    await play("121", [acquired("121", 1), paused, told("failed", "121", 2)], {
      outcomes: ["acquired:applied", "paused:unknown", "failed:applied"],
      status: "failed",
      error: null,
    });
    assert.deepEqual((await vault.events("121"))[1].body, paused);
    await play("122", [paused, { ...paused, jobId: "122" }].slice(1), {
      outcomes: ["paused:unknown"],
      status: "queued",
      version: 1,
    });
  });

  test("retried for an unknown job is its first attempt", async () => {
    await play("123", [told("retried", "123", 0), told("retried", "123", 1)], {
      outcomes: ["retried:applied", "retried:applied"],
      status: "retried",
      attempt: 2,
    });
  });

  test("five jobs interleaved", async () => {
    const ids = ["131", "132", "133", "134", "135"];
    const rounds = [
      (id) => acquired(id, 0),
      (id) => told("failed", id, 1, { error: `of ${id}` }),
      (id) => told("retried", id, 2),
      (id) => completed(video(id)),
    ];
    for (const round of rounds) await Promise.all(ids.map((id) => vault.deliver(round(id))));
    for (const id of ids) {
      const job = await vault.settled(id);
      const { status, archive, attempt, error, deliveries, duplicates } = job;
      const want = { status: "completed", archive: "stored", attempt: 2, error: null };
      assert.deepEqual({ status, archive, attempt, error, deliveries, duplicates },
        { ...want, deliveries: 4, duplicates: 0 });
      const types = ["acquired", "failed", "retried", "completed"];
      assert.deepEqual(await vault.outcomes(id), types.map((type) => `${type}:applied`));
      assert.equal(await (await fetch(job.files[0].url)).text(), `content of /outputs/free/${id}_0_video.mp4`);
    }
  });
});
