// A job that lives at the caller's reference until its id is known.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { acquired, completed, told } from "../../support/deliveries.mjs";
import { stopAll } from "../../support/stop.mjs";
import { startSourced } from "../../support/vaults/served.mjs";
import { eventually } from "../../support/wait.mjs";

describe("linking", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  /** Returns a result whose file's name contains no id. */
  const result = (name) => completed(source.put(`/outputs/free/${name}.mp4`));
  const text = async (url) => (await fetch(url)).text();

  /** Returns the job, once all its names lead to it. */
  function sameJob(...names) {
    return eventually(`one job is found by ${names}`, async () => {
      const [job, ...others] = await Promise.all(names.map((name) => vault.job(name)));
      return others.every((other) => isDeepStrictEqual(other, job)) ? job : undefined;
    });
  }

  test("the id becomes known: both names lead to the job, its files keep their URLs", async () => {
    const reference = "late-id";
    await vault.deliver(result("late"), { reference });
    const before = await vault.settled("ref:late-id");
    const { id } = await vault.deliver(acquired("401"), { reference });
    assert.equal(id, "401");
    const job = await sameJob("401", "ref:late-id", "late-id");
    assert.deepEqual([job.id, job.ref, job.status], ["401", "late-id", "completed"]);
    assert.deepEqual(job.files, before.files);
    assert.deepEqual(job.result, before.result);
    assert.equal(await text(job.files[0].url), "content of /outputs/free/late.mp4");
    assert.deepEqual(await vault.outcomes("401"), ["completed:applied", "acquired:late"]);
    // From now on a delivery with the id reaches the job without the reference.
    assert.equal((await vault.deliver(told("failed", "401", 1))).id, "401");
    assert.equal((await vault.outcomes("late-id")).at(-1), "failed:late");
  });

  test("the id's object holds a job already: the deliveries are moved there", async () => {
    const reference = "moved";
    await vault.deliver(acquired("402"));
    await vault.deliver(told("unheard"), { reference });
    await vault.deliver(result("moved"), { reference });
    const old = await vault.settled("ref:moved");
    await vault.deliver(told("failed", "402", 1), { reference });
    const job = await sameJob("402", "ref:moved", "moved");
    assert.deepEqual([job.id, job.ref, job.status], ["402", "moved", "completed"]);
    const outcomes = ["acquired:applied", "unheard:unknown", "completed:applied", "failed:late"];
    assert.deepEqual(await vault.outcomes("402"), outcomes);
    const events = (await vault.events("402")).filter(({ trust }) => trust !== null);
    const moved = "moved from ref:moved";
    const details = [null, moved, moved, `${moved}; the job is completed`];
    assert.deepEqual(events.map(({ detail }) => detail), details);
    assert.deepEqual([job.deliveries, job.duplicates, job.archive], [4, 0, "stored"]);
    assert.equal(job.files.length, 1);
    for (const { url } of [...old.files, ...job.files]) {
      assert.equal(await text(url), "content of /outputs/free/moved.mp4", url);
    }
    assert.equal(source.requests("/outputs/free/moved.mp4").length, 1, "not fetched again");
  });

  test("a known id is not replaced by another one", async () => {
    const reference = "taken";
    await vault.deliver(result("taken"), { reference });
    await vault.deliver(acquired("403"), { reference });
    await vault.deliver(acquired("404"), { reference });
    assert.equal((await sameJob("403", "ref:taken")).status, "completed");
    assert.equal((await vault.job("404")).ref, null);
    const [{ detail }] = await vault.events("404");
    assert.equal(detail, "refConflict: ref:taken leads to another job");
  });

  test("two references of one job keep both references' deliveries", async () => {
    await vault.deliver(told("unheard"), { reference: "one" });
    await vault.deliver(told("unseen"), { reference: "two" });
    await vault.deliver(acquired("405", 0), { reference: "one" });
    await vault.deliver(told("failed", "405", 1), { reference: "two" });
    const job = await sameJob("405", "ref:one", "ref:two");
    assert.deepEqual([job.status, job.deliveries], ["failed", 4]);
    const outcomes = ["unheard:unknown", "acquired:applied", "unseen:unknown", "failed:applied"];
    assert.deepEqual(await vault.outcomes("405"), outcomes);
  });

  test("all of it survives a restart", async () => {
    const names = ["401", "ref:late-id", "402", "ref:moved", "403", "ref:taken", "405", "ref:two"];
    const before = await Promise.all(names.map((name) => vault.job(name)));
    await vault.restart();
    assert.deepEqual(await Promise.all(names.map((name) => vault.job(name))), before);
    await vault.deliver(told("afterwards"), { reference: "moved" });
    assert.equal((await vault.outcomes("402")).at(-1), "afterwards:unknown");
  });

  const ROUNDS = 8;
  const races = {
    "a result by reference and the id by the same": (id, reference) => [
      [result(`race-${id}`), { reference }],
      [acquired(id), { reference }],
    ],
    "and a delivery by the id alone": (id, reference) => [
      [result(`race-${id}`), { reference }],
      [acquired(id, 0), { reference }],
      [told("progress", id, 1)],
    ],
    "five at once": (id, reference) => [
      [told("unheard"), { reference }],
      [acquired(id, 0)],
      [result(`race-${id}`), { reference }],
      [told("progress", id, 1), { reference }],
      [told("paused", id, 2), { reference: `${reference}-other` }],
    ],
  };
  for (const [n, [name, deliveries]] of Object.entries(races).entries()) {
    test(`at the same moment: ${name}`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [id, reference] = [`5${n}${round}`, `race-${n}-${round}`];
        const sent = deliveries(id, reference);
        if (round % 2) sent.reverse();
        const answers = await Promise.all(sent.map(([body, options]) => vault.deliver(body, options)));
        assert.ok(answers.every(({ status }) => status === 200), JSON.stringify(answers));
        const job = await eventually(`${id} and ${reference} are one`, async () => {
          const names = [id, `ref:${reference}`];
          const [a, b] = await Promise.all(names.map((name) => vault.settled(name)));
          return a.id === b.id && a.version === b.version ? a : undefined;
        });
        await sameJob(id, `ref:${reference}`);
        const { status, archive, duplicates, files } = job;
        assert.deepEqual([job.id, status, archive], [id, "completed", "stored"]);
        assert.ok(job.ref.startsWith(reference), "the first of its references");
        assert.deepEqual([job.deliveries, duplicates, files.length], [sent.length, 0, 1]);
        const types = sent.map(([{ eventType }]) => eventType).sort();
        assert.deepEqual((await vault.outcomes(id)).map((o) => o.split(":")[0]).sort(), types);
        assert.equal(await text(files[0].url), `content of /outputs/free/race-${id}.mp4`);
      }
    });
  }

  test("at the same moment: one reference for five jobs", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = Array.from({ length: 5 }, (_, n) => `6${round}${n}`);
      const reference = `constant-${round}`;
      const answers = await Promise.all(ids.map((id) => vault.deliver(acquired(id), { reference })));
      assert.deepEqual(answers.map(({ id }) => id), ids);
      const jobs = await Promise.all(ids.map((id) => vault.job(id)));
      const owners = jobs.filter(({ ref }) => ref === reference);
      assert.deepEqual(owners, [await vault.job(`ref:${reference}`)]);
      for (const { id, deliveries } of jobs) {
        assert.equal(deliveries, 1);
        const [{ detail }] = await vault.events(id);
        const conflict = `refConflict: ref:${reference} leads to another job`;
        assert.equal(detail, id === owners[0].id ? null : conflict);
      }
    }
  });
});
