// GET /jobs: the newest first, by pages, and what the catalog knows after a restart.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startVault } from "./support/vault.mjs";
import { eventually } from "./support/wait.mjs";

describe("the listing", () => {
  let vault;
  before(async () => {
    vault = await startVault();
  });
  after(() => vault?.stop());

  /** All pages; fails on a job that is listed twice. */
  async function listed(limit) {
    const ids = [];
    let cursor = null;
    do {
      const more = cursor === null ? "" : `&cursor=${cursor}`;
      const page = await vault.json(`/jobs?limit=${limit}${more}`);
      ids.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== null);
    assert.equal(new Set(ids).size, ids.length, `a job is listed twice: ${ids}`);
    return ids;
  }

  test("is empty before the first job", async () => {
    assert.deepEqual(await vault.json("/jobs"), { jobs: [], cursor: null });
  });

  test("pages hold every job once, the newest first", async () => {
    const ids = ["a1", "a2", "a3", "a4", "a5"];
    for (const id of ids) await vault.deliver({ eventType: "failed", jobId: id });
    const newestFirst = ids.toReversed();
    for (const limit of [1, 2, 5, 200]) {
      const all = await eventually("every job is listed", async () => {
        const found = await listed(limit);
        return found.length === ids.length ? found : undefined;
      });
      assert.deepEqual(all, newestFirst, `limit ${limit}`);
    }
  });

  test("a row is the job's summary as it is now", async () => {
    const result = { image: { data_uri: `data:image/png;base64,${"A".repeat(2000)}` } };
    await vault.deliver(
      { eventType: "completed", jobId: "b1", ...result },
      { query: "?app=shop&tag=x&tag=y", reference: "order-7" },
    );
    const job = await vault.settled("b1");
    const row = await eventually("the row tells of the stored file", async () => {
      const { jobs } = await vault.json("/jobs?limit=1");
      return jobs[0]?.archive === "stored" ? jobs[0] : undefined;
    });
    const [{ n, url, contentType, size, state }] = job.files;
    assert.deepEqual(row, {
      id: "b1",
      ref: "order-7",
      app: "shop",
      tags: ["x", "y"],
      status: "completed",
      archive: "stored",
      queueName: null,
      createdAt: job.createdAt,
      updatedAt: job.updatedAt,
      files: [{ n, url, contentType, size, state }],
    });
  });

  test("outlives a restart and refuses odd parameters", async () => {
    await vault.restart();
    assert.equal((await listed(3)).length, 6);
    for (const query of ["limit=0", "limit=201", "limit=x", "cursor=zz"]) {
      const response = await vault.get(`/jobs?${query}`);
      assert.equal(response.status, 400, query);
      assert.match((await response.json()).detail, new RegExp(query.split("=")[0]));
    }
    assert.equal((await fetch(`${vault.url}/jobs`)).status, 401);
  });
});
