// What a former release has left undone is done, and its jobs go on.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { IDS } from "../../../tools/upgrade/answers.mjs";
import { CLIENT, content, FILES } from "../../../tools/upgrade/outside.mjs";
import { deliver, DELIVERIES, UNMATCHED } from "../../../tools/upgrade/scenario.mjs";
import { digest } from "../support/bytes.mjs";
import { published } from "../support/vaults/catchup.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { startFormer } from "../support/vaults/former.mjs";
import { eventually } from "../support/wait.mjs";

const LEFT = IDS.filter((id) => id !== "1013");
/**
 * Returns the last deliveries of jobs whose timeline is as it was delivered. The vault no longer recognizes the older
 * deliveries of a long timeline.
 */
const repeated = ([id, deliveries]) => (id === "1015" ? deliveries.slice(-1) : deliveries).map(([body, options]) => [id, body, options]);

describe("after a former release", () => {
  let vault, outside;
  // The storage was written some time ago, so everything that is pending is due.
  before(async () => {
    ({ vault, outside } = await startFormer({ daysAgo: 2 }));
    outside.open();
  });
  after(() => stopAll(vault));

  const isStored = async (id, ...urls) => {
    const job = await vault.settled(id);
    assert.deepEqual([job.status, job.archive, job.files.length], ["completed", "stored", urls.length], id);
    for (const [n, { url }] of job.files.entries()) {
      assert.equal((await digest(vault.url + new URL(url).pathname)).sha256, sha256(content(urls[n])), url);
    }
    const copy = await eventually(`${id} is published as it is`, async () => {
      const record = await published(vault, id);
      return record.version === (await vault.job(id)).version ? record : undefined;
    });
    assert.deepEqual(copy, await vault.job(id));
  };

  it("pending work is done", async () => {
    await isStored("1005", `${FILES}later_0_a.mp4`);
    await isStored("1017", `${FILES}1017_0_a.mp4`);
    await isStored("1018", `${FILES}slow_0_a.mp4`, `${FILES}1018_1_b.mp4`);
    for (const id of ["1002", "1016"]) await isStored(id, `${FILES}${id}_0_healed.mp4`);
    await eventually("the client gets the end", () => outside.asked.includes(CLIENT) || undefined);
    await eventually("1014 is handed on", async () => (await vault.job("1014")).handoff.state === "delivered" || undefined);
    await eventually("both are in the box", async () =>
      (await vault.json("/unmatched")).unmatched.length === UNMATCHED.length || undefined);
  });

  it("each of its deliveries is recognized when it comes again", async () => {
    for (const [id, body, options] of Object.entries(DELIVERIES).filter(([id]) => id !== "1013").flatMap(repeated)) {
      const answer = await deliver(vault, body, options);
      assert.deepEqual([answer.status, answer.duplicate], [200, true], `${id} ${JSON.stringify(body).slice(0, 200)}`);
    }
    assert.equal((await vault.json("/jobs/1015/events?limit=1000")).events.filter(({ outcome }) => outcome === "applied").length, 2);
  });

  it("a deleted job stays deleted", async () => {
    const answer = await deliver(vault, DELIVERIES[1013][0][0]);
    assert.deepEqual([answer.status, (await vault.get("/jobs/1013?wait=0")).status], [200, 404], JSON.stringify(answer));
  });

  it("further deliveries go on", async () => {
    const result = (id) => ({ eventType: "completed", jobId: id, video: { data_uri: `${FILES}${id}_0_new.mp4` } });
    for (const id of ["1001", "1010"]) {
      assert.equal((await deliver(vault, result(id))).duplicate, false);
      await isStored(id, `${FILES}${id}_0_new.mp4`);
    }
    const late = await deliver(vault, { eventType: "failed", jobId: "1003", updatedAt: 5 });
    assert.deepEqual([late.status, late.duplicate], [200, false]);
    assert.equal((await vault.outcomes("1003")).at(-1), "failed:late");
    await deliver(vault, { eventType: "later" }, { reference: "order-d" });
    assert.equal((await vault.outcomes("1012")).at(-1), "later:unknown");
  });

  it("all jobs are listed, counted and exported in their present state", async () => {
    const all = LEFT.toSorted();
    await eventually("all are listed as they are", async () => {
      const { jobs } = await vault.json("/jobs?limit=200");
      const times = await Promise.all(jobs.map(async ({ id, updatedAt }) => (await vault.job(id)).updatedAt === updatedAt));
      return (jobs.length === all.length && times.every(Boolean)) || undefined;
    });
    const { jobs } = await vault.json("/jobs?limit=200");
    assert.deepEqual(jobs.map(({ id }) => id).toSorted(), all);
    const red = (await vault.json("/jobs?tag=red")).jobs.map(({ id }) => id);
    assert.deepEqual(red.toSorted(), ["1001", "1003"]);
    const lines = (await (await vault.get("/export")).text()).split("\n").slice(0, -1).map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ id }) => id).toSorted(), all);
    for (const line of lines) assert.deepEqual(line, await vault.job(line.id));
    await eventually("the sums are those of the rows", async () => {
      const stats = await vault.json("/stats");
      const counted = Object.groupBy(jobs, ({ status }) => status);
      return (stats.jobs === all.length && Object.entries(counted).every(([status, some]) => stats.status[status] === some.length)) || undefined;
    });
  });

  it("a job of the former release can be deleted", async () => {
    const files = (await vault.job("1003")).files.map(({ url }) => new URL(url).pathname);
    assert.equal((await vault.get("/jobs/1003", { method: "DELETE" })).status, 204);
    assert.equal((await vault.get("/jobs/1003?wait=0")).status, 404);
    for (const path of files) assert.equal((await vault.get(path)).status, 410, path);
    assert.deepEqual(await vault.keys("jobs/1003/"), []);
    assert.equal(await (await vault.records()).get("1003"), null);
    await eventually("it is listed no more", async () =>
      !(await vault.json("/jobs?limit=200")).jobs.some(({ id }) => id === "1003") || undefined);
  });
});
