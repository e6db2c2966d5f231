// `GET /doctor` of a healthy vault: what it says to which caller, what it costs, what it leaves.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { json } from "../support/answers.mjs";
import { manifest } from "../support/manifest.mjs";
import { startOrigin } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { askable } from "../support/servers/upstream.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { eventually } from "../support/wait.mjs";

/** The free plan allows 50 subrequests for a request. */
const MOST_SUBREQUESTS = 40;
const NAMES = ["HOOK_TOKEN", "API_TOKEN", "settings", "r2", "kv", "jobs", "catalog", "upstream-queue",
  "upstream-fal", "clock", "pending", "lost", "hosts", "healing", "handoff", "refused", "unmatched"];

const watched = withEntry("doctored");

/** Restores jobs, one for each of the last eight days, that are incomplete and were asked about in vain. */
async function fillWeek(vault) {
  vault.leaveWork();
  const bucket = await vault.bucket();
  const day = 24 * 3_600_000;
  for (let ago = 0; ago < 8; ago += 1) await bucket.put(...manifest(`week-${ago}`, Date.now() - ago * day));
  const restored = await vault.post("/restore", "", { authorization: `Bearer ${API_TOKEN}` });
  assert.equal((await json(restored)).restored, 8);
  await eventually("they are listed", async () => (await vault.json("/stats")).archive.lost === 8 || undefined);
}

describe("the doctor of a healthy vault", () => {
  let upstream;
  let vault;
  before(async () => {
    upstream = await startOrigin();
    const vars = { READ_TOKEN, ...askable(upstream.url) };
    vault = await startVault({ vars, change: watched });
  });
  after(() => stopAll(vault, upstream));

  const bare = (token, init = {}) => fetch(`${vault.url}/doctor`,
    { ...init, headers: { ...(token && { authorization: `Bearer ${token}` }), connection: "close" } });

  /** Returns what is stored that a probe could have left. */
  async function leftovers() {
    const { keys } = await (await vault.records()).list({ prefix: "doctor/" });
    const [jobs, catalog] = [await vault.objects("Job"), await vault.objects("Catalog")];
    const probed = [...jobs.rows, ...catalog.rows].filter((rows) => /probe/.test(JSON.stringify(rows,
      (_, value) => (typeof value === "bigint" ? String(value) : value))));
    return { r2: await vault.keys("doctor/"), kv: keys, objects: probed };
  }

  it("finds nothing wrong, and says what it has tried", async () => {
    const { ok, checks } = await json(await bare(API_TOKEN));
    assert.equal(ok, true);
    assert.deepEqual(checks.map(({ name }) => name), NAMES);
    for (const check of checks) {
      assert.equal(check.status, "ok", JSON.stringify(check));
      assert.equal(check.fix, null);
      assert.ok(check.detail.length > 0);
    }
    const tried = checks.filter(({ ms }) => ms !== null).map(({ name }) => name);
    assert.deepEqual(tried, ["r2", "kv", "jobs", "catalog", "upstream-queue", "upstream-fal"]);
  });

  it("asks each upstream once, with its key, for a job that does not exist", async () => {
    const from = upstream.requestsMade().length;
    await bare(API_TOKEN);
    const asked = upstream.requestsMade().slice(from);
    assert.deepEqual(asked.map(({ path }) => path).sort(), [
      "/fal/queue/hookvault-doctor/requests/00000000-0000-0000-0000-000000000000/status",
      "/queue/hookvault-doctor/requests/0/status",
    ]);
    for (const { headers } of asked) assert.match(headers.authorization, /^Bearer ./);
  });

  it("leaves nothing behind", async () => {
    await bare(API_TOKEN);
    assert.deepEqual(await leftovers(), { r2: [], kv: [], objects: [] });
  });

  it("offers a self-test only to holders of the API token, and shows no secret", async () => {
    const mine = await (await bare(API_TOKEN)).text();
    const { selfTest } = JSON.parse(mine);
    assert.match(selfTest.job, /^ref:selftest-[0-9a-f]{32}$/);
    const reference = selfTest.job.slice(4);
    assert.match(selfTest.hook, new RegExp(`^${vault.url}/hook/r_${reference}\\.[0-9a-f]{32}$`));
    assert.notEqual(JSON.parse(await (await bare(API_TOKEN)).text()).selfTest.hook, selfTest.hook);
    const readers = await (await bare(READ_TOKEN)).text();
    assert.deepEqual(Object.keys(JSON.parse(readers)), ["ok", "checks"]);
    const { UPSTREAM_API_KEY } = askable(upstream.url);
    for (const secret of [API_TOKEN, READ_TOKEN, HOOK_TOKEN, UPSTREAM_API_KEY]) {
      assert.ok(!mine.includes(secret) && !readers.includes(secret), secret);
    }
  });

  it("admits a delivery of the self-test's job, and of no other", async () => {
    const { selfTest } = await json(await bare(API_TOKEN));
    const image = `data:image/png;base64,${"A".repeat(2_000)}`;
    const body = JSON.stringify({ eventType: "completed", jobId: "437852", image });
    const { id } = await json(await vault.post(selfTest.hook, body));
    assert.ok([selfTest.job, "437852"].includes(id), id);
    vault.watch(selfTest.job);
    assert.equal((await vault.settled(selfTest.job)).archive, "stored");
    const other = selfTest.hook.replace(/selftest-./, "selftest-g");
    assert.equal((await vault.post(other, body)).status, 401);
  });

  it("is closed to strangers", async () => {
    for (const token of [undefined, "wrong-token-0123456789", HOOK_TOKEN]) {
      assert.equal((await bare(token)).status, 401);
    }
    assert.equal((await bare(API_TOKEN, { method: "POST" })).status, 405);
  });

  it("sends its own time", async () => {
    const told = Date.parse((await bare(API_TOKEN)).headers.get("date"));
    assert.ok(Math.abs(told - Date.now()) < 30_000, `${told}`);
  });

  it("makes few subrequests, even with jobs on every day of a week", async () => {
    await fillWeek(vault);
    const response = await bare(API_TOKEN);
    const count = Number(response.headers.get("x-subrequests"));
    const late = (await response.json()).checks.filter(({ detail }) => /no answer/.test(detail));
    assert.deepEqual(late, []);
    assert.ok(count >= 28 && count <= MOST_SUBREQUESTS, `${count}`);
  });
});

describe("what a probe has written is deleted", () => {
  async function examined(context, vars) {
    const vault = await startVault({ vars, change: watched });
    context.after(() => vault.stop());
    const { ok, checks } = await vault.json("/doctor");
    const find = (name) => checks.find((check) => check.name === name);
    return { vault, ok, find };
  }

  const isGone = (vault) => eventually("nothing is left", async () => {
    const { keys } = await (await vault.records()).list({ prefix: "doctor/" });
    return (keys.length === 0 && (await vault.keys("doctor/")).length === 0) || undefined;
  });

  it("even if it can't be read", async (context) => {
    const { vault, ok, find } = await examined(context, { BROKEN_READS: "FILES,RECORDS,JOBS" });
    vault.expectErrors(/out of order/);
    assert.equal(ok, false);
    assert.deepEqual(["r2", "kv", "jobs"].map((name) => find(name).status), ["fail", "warn", "fail"]);
    for (const name of ["r2", "kv", "jobs"]) assert.match(find(name).detail, /reading from .*out of order/);
    await isGone(vault);
    assert.deepEqual((await vault.objects("Job")).rows, []);
  });

  it("even if it is written after the doctor has answered", async (context) => {
    const { vault, find } = await examined(context, { STALLED_WRITES: "FILES,RECORDS" });
    for (const name of ["r2", "kv"]) {
      assert.match(find(name).detail, /no answer within 5 s/);
      assert.ok(find(name).ms >= 4_900 && find(name).ms < 60_000, JSON.stringify(find(name)));
    }
    const made = () => vault.logs.filter(({ message }) => message === "a stalled write was made").length;
    await eventually("both writes were made", () => made() === 2 || undefined);
    await isGone(vault);
  });
});
