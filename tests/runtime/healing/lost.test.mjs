// The vault asks for what did not arrive by itself: lost webhooks, dead URLs, jobs that are only imported.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json } from "../support/answers.mjs";
import { digest } from "../support/bytes.mjs";
import { stopAll } from "../support/stop.mjs";
import { startUpstream, submit } from "../support/servers/upstream.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const APP = "?app=wan22-fast-t2v";
/** The lease ends at once, so the vault soon asks. */
const LEASE = { leaseMs: 1 };

describe("healing", () => {
  let upstream;
  let vault;
  before(async () => {
    upstream = await startUpstream();
    vault = await startVault({ sources: upstream.sources, vars: upstream.vars });
  });
  after(() => stopAll(vault, upstream));

  const run = (knobs, query = APP) => submit(upstream, vault.hookUrl() + query, { knobs });

  async function checkStored(id) {
    vault.watch(id);
    const job = await vault.settled(id);
    assert.deepEqual([job.status, job.archive], ["completed", "stored"]);
    const { files } = await upstream.job(id);
    for (const file of job.files.filter(({ contentType }) => contentType === "video/mp4")) {
      const served = await digest(file.url);
      assert.ok(files.some(({ sha256 }) => sha256 === served.sha256), "the source's bytes");
    }
    return job;
  }

  const heals = async (id) =>
    (await vault.events(id)).filter(({ outcome }) => outcome === "heal");

  test("a result whose webhook was lost is fetched, and its late webhook is a duplicate", async () => {
    const id = await run({ ...LEASE, webhook: { lose: ["completed"] } });
    const { heals: count, healing } = await checkStored(id);
    assert.deepEqual([count, healing], [1, undefined]);
    const [heal] = await heals(id);
    assert.deepEqual([heal.trust, heal.eventType], [null, null]);
    assert.match(heal.detail, /asked for the result/);
    assert.ok(heal.body.video, "what the upstream answered is kept");
    const late = { eventType: "completed", jobId: id, ...JSON.parse(await upstream.result(id)) };
    const indented = JSON.stringify(late, null, 2);
    assert.equal((await vault.deliver(indented)).duplicate, true);
    assert.equal((await vault.job(id)).files.length, 3);
  });

  for (const outcome of ["failed", "cancelled"]) {
    test(`a lost ${outcome} is discovered`, async () => {
      const id = await run({ ...LEASE, outcome, webhook: { lose: [outcome] } });
      const job = await vault.settled(id);
      assert.deepEqual([job.status, job.heals], [outcome, 1]);
      if (outcome === "failed") assert.equal(job.error, "CUDA out of memory");
    });
  }

  test("a job that still runs is asked for again until it has ended", async () => {
    const id = await run({ ...LEASE, runMs: 4_000, webhook: { lose: ["completed"] } });
    await eventually("it has been asked for while it ran", async () => {
      const { healing } = await vault.job(id).catch(() => ({}));
      return healing?.attempts > 0 || undefined;
    });
    const running = await vault.job(id);
    assert.deepEqual([running.status, running.healing.error], ["acquired", null]);
    assert.equal((await checkStored(id)).heals, 1);
    assert.equal((await heals(id)).length, 1, "that it was too early is no news");
  });

  test("a retried job that falls silent is asked for", async () => {
    const id = await run({ retries: 1, webhook: { lose: ["acquired", "completed", "failed"] } });
    await checkStored(id);
  });

  test("URLs that were dead on arrival are replaced", async () => {
    const knobs = { expiresIn: 1, previewsExpireIn: 1, webhook: { delayMs: { completed: 2_500 } } };
    const id = await run(knobs);
    const job = await eventually("it is stored", async () => {
      const now = await vault.get(`/jobs/${id}`);
      const job = now.status === 200 ? await now.json() : {};
      return job.archive === "stored" ? job : undefined;
    });
    assert.ok(job.heals > 0);
    assert.deepEqual(job.files.map(({ error }) => error), [null, null, null]);
    await checkStored(id);
  });

  test("without the application, fresh URLs are fetched file by file", async () => {
    const knobs = { expiresIn: 1, previewsExpireIn: 1, webhook: { delayMs: { completed: 2_500 } } };
    const id = await run(knobs, "");
    await eventually("it has completed", async () =>
      ((await (await vault.get(`/jobs/${id}`)).json()).status === "completed") || undefined);
    const job = await checkStored(id);
    assert.equal(job.heals, 3);
    const details = (await heals(id)).map(({ detail }) => detail);
    assert.equal(details.filter((detail) => /a fresh URL for/.test(detail)).length, 3);
  });

  test("jobs without any webhook are imported, by id and by reference", async () => {
    const unheard = { lose: ["acquired", "completed"] };
    const ids = [await run({ webhook: unheard }), await run({ webhook: unheard })];
    await upstream.idle();
    const lines = [{ id: Number(ids[0]), app: "wan22-fast-t2v", ref: "import-1", tags: ["a"] },
      { request_id: ids[1], response_url: `${upstream.url}/queue/wan22-fast-t2v/requests/${ids[1]}` }];
    assert.deepEqual(await json(await vault.import(...lines)),
      { imported: 2, known: 0, deleted: [], failed: [] });
    for (const id of ids) await checkStored(id);
    const job = await vault.job("ref:import-1");
    assert.deepEqual([job.id, job.ref, job.tags], [ids[0], "import-1", ["a"]]);
    assert.deepEqual(await json(await vault.import(...lines)),
      { imported: 0, known: 2, deleted: [], failed: [] });
    assert.equal((await vault.job(ids[0])).heals, 1);
  });

  test("a job that moves to its id's object is asked for there", async () => {
    const id = await run({ webhook: { lose: ["acquired", "completed"] } });
    await upstream.idle();
    const lease = { leaseExpiry: 1, acquiredAt: 1, updatedAt: 1 };
    const { jobId, ...acquired } = { eventType: "acquired", jobId: Number(id), ...lease };
    await vault.deliver({ ...acquired, jobId });
    await vault.deliver(acquired, { reference: `move-${id}` });
    await vault.import({ id, app: "wan22-fast-t2v", ref: `move-${id}` });
    await checkStored(id);
    const { files } = await vault.job(`ref:move-${id}`);
    assert.ok(files.every(({ url }) => url.includes(`/files/${id}/`)));
    assert.deepEqual(await vault.keys(`jobs/ref:move-${id}/`), []);
  });

  test("an upstream that is down for a while costs nothing but time", async () => {
    await upstream.setKnobs({ fail: { result: { status: 503, times: 3 } } });
    const id = await run({ ...LEASE, webhook: { lose: ["completed"] } });
    await checkStored(id);
    const details = (await heals(id)).map(({ detail }) => detail);
    assert.match(details[0], /the upstream answers 503/);
    assert.equal(details.length, 2, "the same failure is noted once");
    await upstream.setKnobs({});
  });
});
