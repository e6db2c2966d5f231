// GET /jobs: the newest first, by pages and filters; GET /stats; what the catalog knows after a crash.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { problem } from "../support/answers.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };
const DAY = 86_400_000;

/** Returns all pages, and fails if a job is listed twice. */
async function listed(vault, query = "", limit = 200) {
  const ids = [];
  let cursor = null;
  do {
    const more = cursor === null ? "" : `&cursor=${cursor}`;
    const page = await vault.json(`/jobs?limit=${limit}${query}${more}`);
    assert.ok(page.jobs.length <= limit);
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== null);
  assert.equal(new Set(ids).size, ids.length, `a job is listed twice: ${ids}`);
  return ids;
}

const until = (vault, count, query) => eventually(`${count} jobs are listed`, async () => {
  const ids = await listed(vault, query);
  return ids.length === count ? ids : undefined;
});

describe("the listing", () => {
  let vault;
  before(async () => {
    vault = await startVault();
  });
  after(() => vault?.stop());

  test("is empty before the first job", async () => {
    assert.deepEqual(await vault.json("/jobs"), { jobs: [], cursor: null });
    assert.deepEqual(await vault.json("/stats"), { jobs: 0, days: 0, status: {}, archive: {},
      files: { pending: 0, stored: 0, lost: 0 }, bytes: 0, cost: { bySender: [], byApp: [], byDay: [] } });
  });

  test("pages have every job once, the newest first", async () => {
    const ids = ["a1", "a2", "a3", "a4", "a5"];
    for (const id of ids) await vault.deliver({ eventType: "failed", jobId: id });
    await until(vault, ids.length);
    for (const limit of [1, 2, 5, 200]) {
      assert.deepEqual(await listed(vault, "", limit), ids.toReversed(), `limit ${limit}`);
    }
  });

  test("a row is the job's summary as it is now", async () => {
    const result = { image: { data_uri: `data:image/png;base64,${"A".repeat(2000)}` } };
    await vault.deliver(
      { eventType: "completed", jobId: "b1", ...result },
      { query: "?app=shop&tag=x&tag=y", reference: "order-7" },
    );
    const job = await vault.settled("b1");
    const row = await eventually("the row counts the stored file", async () => {
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

  test("survives a restart, and refuses wrong parameters", async () => {
    await vault.restart();
    assert.equal((await listed(vault, "", 3)).length, 6);
    const bad = ["limit=0", "limit=201", "limit=x", "cursor=zz", "status=done", "archive=all",
      "since=soon", "until=-1", "q=a%2Fb", "order=asc", "status=", "status=failed&status=", "status=failed&status=done",
      "limit=1&limit=1", "app=a&app=b", "since=2025-12-27&since=2025-12-28", "since=2025-02-29", "until=29.11.2026"];
    for (const query of bad) {
      const response = await vault.get(`/jobs?${query}`);
      assert.equal(response.status, 400, query);
      assert.match((await response.json()).detail, new RegExp(query.split("=")[0]));
    }
    assert.equal((await fetch(`${vault.url}/jobs`)).status, 401);
    assert.equal((await vault.get("/stats?x=1")).status, 400);
  });

  test("explains how to write a time that is wrong", async () => {
    for (const path of ["/jobs?since=", "/jobs?until=", "/export?since=", "/archive?since=", "/archive?until="]) {
      const ask = path.startsWith("/archive") ? { method: "POST" } : {};
      // A plus that is not encoded means a space.
      const detail = await problem(await vault.get(`${path}2025-12-27T22:39:35+01:00`, ask), 400);
      assert.match(detail, /^`(since|until)` is "2025-12-27T22:39:35 01:00"; .*2025-12-27, .*T22:39:35Z .*%2B01:00.*milliseconds/);
    }
  });
});

describe("filters", () => {
  let source, vault;
  before(async () => {
    ({ source, vault } = await startSourced());
    await vault.deliver({ ...acquired("f-running"), queueName: "fast" }, { query: "?app=m1&tag=a" });
    await vault.deliver(told("failed", "f-failed", 1), { query: "?app=m1&tag=b" });
    await vault.deliver(told("cancelled", "g-cancelled", 1), { reference: "order-1", query: "?app=m2" });
    await vault.deliver(completed(source.put("/1_0_a.mp4", noise(100)), "g-stored"),
      { reference: "order-2", query: "?app=m2&tag=a&tag=b" });
    await vault.deliver(completed(source.dead("/2_0_a.mp4"), "g-lost"), { reference: "item-1" });
    await vault.settled("g-stored");
    await vault.settled("g-lost");
    await until(vault, 1, "&archive=lost");
    await until(vault, 1, "&archive=stored");
    await until(vault, 5);
  });
  after(() => stopAll(vault, source));

  const cases = [
    ["status=failed", ["f-failed"]],
    ["status=failed,cancelled", ["f-failed", "g-cancelled"]],
    ["status=queued", []],
    ["archive=stored", ["g-stored"]],
    ["archive=none", ["f-failed", "f-running", "g-cancelled"]],
    ["status=completed&archive=lost", ["g-lost"]],
    ["status=failed&archive=lost", []],
    ["queue=fast", ["f-running"]],
    ["queue=fas", []],
    ["app=m1", ["f-failed", "f-running"]],
    ["app=m2&status=completed", ["g-stored"]],
    ["tag=a", ["f-running", "g-stored"]],
    ["tag=b&app=m1", ["f-failed"]],
    ["tag=c", []],
    ["q=f-", ["f-failed", "f-running"]],
    ["q=g-", ["g-cancelled", "g-lost", "g-stored"]],
    ["q=order-", ["g-cancelled", "g-stored"]],
    ["q=ref:order-2", ["g-stored"]],
    ["q=F-", []],
    ["q=_", []],
    ["q=g-stored&tag=a", ["g-stored"]],
    ["since=0", ["f-failed", "f-running", "g-cancelled", "g-lost", "g-stored"]],
    ["since=2099-01-01T00:00:00Z", []],
    ["until=0", []],
    ["status=failed&status=cancelled", ["f-failed", "g-cancelled"]],
    ["status=failed&tag=b&status=cancelled,queued", ["f-failed"]],
    ["archive=stored&archive=lost", ["g-lost", "g-stored"]],
    ["since=2025-12-27&until=2099-01-01&app=m1", ["f-failed", "f-running"]],
    ["since=2099-01-01", []],
    ["since=20990101", []],
    ["since=2099-01-01T00:00", []],
    ["since=4070908800", []],
    ["until=2025-12-27", []],
  ];
  for (const [query, want] of cases) {
    test(query, async () => {
      assert.deepEqual((await listed(vault, `&${query}`)).sort(), want);
      assert.deepEqual((await listed(vault, `&${query}`, 1)).sort(), want);
    });
  }

  test("times compare the creation: from since, before until", async () => {
    const { createdAt } = await vault.job("f-failed");
    assert.ok((await listed(vault, `&since=${createdAt}`)).includes("f-failed"));
    assert.ok(!(await listed(vault, `&since=${createdAt + 1}`)).includes("f-failed"));
    assert.ok(!(await listed(vault, `&until=${createdAt}`)).includes("f-failed"));
    const day = new Date(createdAt).toISOString().slice(0, 10);
    assert.ok((await listed(vault, `&since=${day}`)).includes("f-failed"));
    assert.ok(!(await listed(vault, `&until=${day}`)).includes("f-failed"));
    const next = new Date(createdAt + 1).toISOString();
    assert.ok((await listed(vault, `&until=${next}`)).includes("f-failed"));
  });

  test("the sums are those of the jobs", async () => {
    const stats = await vault.json("/stats");
    assert.deepEqual(stats, { jobs: 5, days: 1,
      status: { acquired: 1, cancelled: 1, completed: 2, failed: 1 },
      archive: { lost: 1, none: 3, stored: 1 },
      files: { pending: 0, stored: 1, lost: 1 }, bytes: 100, cost: { bySender: [], byApp: [], byDay: [] } });
    await vault.deliver(told("retried", "f-failed", 2));
    await eventually("the sums follow", async () =>
      (await vault.json("/stats")).status.retried === 1 || undefined);
    assert.equal((await vault.json("/stats")).status.failed, undefined);
  });
});

describe("many days", () => {
  let vault;
  const DAYS = 60;
  before(async () => {
    vault = await startVault();
    await vault.deliver(told("failed", "model", 1));
    await vault.settled("model");
    const bucket = await vault.bucket();
    const path = await eventually("its manifest", async () => (await vault.keys("manifests/"))[0]);
    const text = await (await bucket.get(path)).text();
    const now = Date.now();
    // One job every third day, except for a day with five.
    for (let n = 1; n <= DAYS; n += 1) {
      for (let k = 0; k < (n === 10 ? 5 : 1); k += 1) {
        const id = `d${String(n).padStart(2, "0")}-${k}`;
        const createdAt = now - n * 3 * DAY + k;
        const manifest = text.replaceAll("id:model", `id:${id}`).replaceAll('"id":"model"', `"id":"${id}"`)
          .replace(/"createdAt":\d+/, `"createdAt":${createdAt}`)
          .replace(/"tags":\[\]/, n === 55 ? '"tags":["rare"]' : '"tags":[]');
        await bucket.put(`manifests/${new Date(createdAt).toISOString().slice(0, 10)}/${id}.json`, manifest);
      }
    }
    for (let cursor = ""; cursor !== null; ) {
      const answer = await vault.post(`/restore?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, "", headers);
      ({ cursor } = await answer.json());
    }
    await until(vault, DAYS + 5);
  });
  after(() => vault?.stop());

  test("are listed without a gap, whatever the page size", async () => {
    const want = ["model"];
    for (let n = 1; n <= DAYS; n += 1) {
      for (let k = n === 10 ? 4 : 0; k >= 0; k -= 1) want.push(`d${String(n).padStart(2, "0")}-${k}`);
    }
    for (const limit of [1, 7, 200]) assert.deepEqual(await listed(vault, "", limit), want, `limit ${limit}`);
    const stats = await vault.json("/stats");
    assert.deepEqual([stats.jobs, stats.days], [DAYS + 5, DAYS + 1]);
  });

  test("a rare job is found within two pages, and a day with many jobs is in order", async () => {
    const first = await vault.json("/jobs?tag=rare");
    const jobs = [...first.jobs];
    if (first.cursor) jobs.push(...(await vault.json(`/jobs?tag=rare&cursor=${first.cursor}`)).jobs);
    assert.deepEqual(jobs.map(({ id }) => id), ["d55-0"]);
    assert.deepEqual(await listed(vault, "&q=d10-", 2), ["d10-4", "d10-3", "d10-2", "d10-1", "d10-0"]);
  });

  test("days without such a job are not asked", async () => {
    await vault.deliver(told("retried", "d58-0", 2));
    await eventually("it is found at once", async () => {
      const { jobs, cursor } = await vault.json("/jobs?status=retried");
      return (jobs.length === 1 && cursor === null) || undefined;
    });
    const { createdAt } = await vault.job("d40-0");
    const around = `&since=${createdAt - DAY}&until=${createdAt + DAY}`;
    assert.deepEqual(await listed(vault, around), ["d40-0"]);
  });
});

describe("a catalog that is written while it is read", () => {
  let vault;
  before(async () => {
    vault = await startVault();
  });
  after(() => vault?.stop());

  test("paging misses no job that was always there, and repeats none", async () => {
    const before = Array.from({ length: 40 }, (_, n) => `old-${n}`);
    await Promise.all(before.map((id) => vault.deliver(told("failed", id, 1))));
    await until(vault, 40);
    let walks = 0;
    const writing = (async () => {
      for (let n = 0; n < 60; n += 1) {
        await vault.deliver(told("failed", `new-${n}`, 1));
        await vault.deliver(told("retried", `old-${n % 40}`, 2 + n));
      }
    })();
    let isOver = false;
    writing.finally(() => (isOver = true));
    while (!isOver || walks === 0) {
      const ids = await listed(vault, "", 3);
      for (const id of before) assert.ok(ids.includes(id), id);
      walks += 1;
    }
    await writing;
    await until(vault, 100);
  });

  test("it converges after each crash", async () => {
    for (let round = 0; round < 3; round += 1) {
      const ids = Array.from({ length: 15 }, (_, n) => `crash-${round}-${n}`);
      const deliveries = ids.map((id) => vault.deliver(told("failed", id, 1)).catch(() => undefined));
      await Promise.any(deliveries);
      await vault.kill();
      await Promise.all(deliveries);
      for (const id of ids) await vault.deliver(told("failed", id, 1));
    }
    await until(vault, 145);
    await eventually("the sums too", async () => {
      const { jobs, status } = await vault.json("/stats");
      return (jobs === 145 && Object.values(status).reduce((a, b) => a + b) === 145) || undefined;
    });
  });
});
