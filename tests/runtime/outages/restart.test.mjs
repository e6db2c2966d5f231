// Whenever the Worker dies, the work goes on by itself: nobody has to ask for the job again.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { file, held, noise, status } from "../support/servers/origin.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed, steady } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const FILES = 4;
const bytes = (path) => noise(50_000, path);

describe("after a restart", () => {
  let origin, vault;
  let jobs = 0;
  before(async () => ({ origin, vault } = await startServed({ change: await steady() })));
  after(() => stopAll(vault, origin));

  /** How workerd ends: in order, or by a crash. */
  const deaths = {
    "an orderly stop": () => vault.restart(),
    "kill -9": () => vault.kill(),
  };

  async function deliver(...scripts) {
    const id = `restart-${(jobs += 1)}`;
    const paths = Array.from({ length: FILES }, (_, n) => `/${id}/${n}.mp4`);
    paths.forEach((path, n) => origin.on(path, ...(scripts[n]?.(path) ?? [file(bytes(path))])));
    const acquired = { eventType: "acquired", jobId: id, updatedAt: Date.now() };
    assert.equal((await vault.deliver(acquired)).status, 200);
    const results = paths.map((path) => origin.url + path);
    assert.equal((await vault.deliver({ eventType: "completed", jobId: id, results })).status, 200);
    return { id, paths };
  }

  /** Checks that the job is settled and right in every respect, without calling the job's object first. */
  async function checkAll({ id, paths }) {
    const published = await eventually(`job ${id} is published`, async () =>
      (await (await vault.records()).get(id)) ?? undefined);
    const job = JSON.parse(published);
    assert.deepEqual([job.status, job.archive], ["completed", "stored"]);
    assert.equal(await (await vault.get(`/jobs/${id}`)).text(), published);
    for (const [n, path] of paths.entries()) {
      const { state, size, error } = job.files[n];
      assert.deepEqual([state, size, error], ["stored", 50_000, null]);
      assert.equal((await digest(job.files[n].url)).sha256, sha256(bytes(path)));
    }
    assert.deepEqual((await vault.keys(`jobs/${id}/`)).sort(),
      paths.map((_, n) => `jobs/${id}/${n}-${n}.mp4`));
    const events = await vault.events(id);
    assert.deepEqual(events.map(({ n }) => n), events.map((_, at) => at + 1));
    assert.deepEqual(await vault.outcomes(id), ["acquired:applied", "completed:applied"]);
    const stored = events.filter(({ detail }) => / stored, 50000 bytes$/.test(detail));
    assert.deepEqual(stored.map(({ detail }) => detail.slice(0, 6)).sort(),
      paths.map((_, n) => `file ${n}`));
    return job;
  }

  for (const [death, die] of Object.entries(deaths)) {
    test(`${death} while a file is being copied`, async () => {
      const { step, release } = held(bytes("/x"));
      const job = await deliver(undefined, (path) => [step, file(bytes(path))]);
      const path = job.paths[1];
      await eventually("the copy has begun", () => origin.requests(path).length || undefined);
      await die();
      release();
      await checkAll(job);
      assert.equal(origin.requests(path).length, 2);
    });

    test(`${death} while a file is waiting for its next try`, async () => {
      const job = await deliver(undefined, undefined, () => [status(500)]);
      const path = job.paths[2];
      await eventually("it failed for the third time", () => origin.requests(path)[2]);
      await die();
      const before = origin.requests(path).length;
      await eventually("it was tried again", () => origin.requests(path)[before]);
      origin.on(path, file(bytes(path)));
      const { files } = await checkAll(job);
      for (const n of [0, 1, 3]) {
        assert.equal(files[n].attempts, 1);
        assert.equal(origin.requests(job.paths[n]).length, 1);
      }
      const details = (await vault.events(job.id)).map(({ detail }) => detail);
      assert.equal(details.filter((detail) => /tried again/.test(detail)).length, 1);
    });

    test(`${death} right after the 200 of a delivery`, async () => {
      const job = await deliver();
      await die();
      await checkAll(job);
    });

    test(`${death} twice, with a file that fails in between`, async () => {
      const job = await deliver((path) => [status(503), status(503), file(bytes(path))]);
      await die();
      await die();
      await checkAll(job);
    });
  }
});
