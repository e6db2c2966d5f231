// GET /export: every record, in the order of creation, and a list for aria2c.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import "../support/capped.mjs";
import { promisify } from "node:util";
import { askable, askObject, row, spoil } from "../support/catalog.mjs";
import { completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const run = promisify(execFile);

/** Makes records so long that a socket does not hold many. */
const LONG = "x".repeat(15_000);

/** Returns what arrives of a body, even if it ends badly: a runtime may not report that. */
async function received(response) {
  let text = "";
  const decoder = new TextDecoder();
  await (async () => {
    for await (const piece of response.body) text += decoder.decode(piece, { stream: true });
  })().catch(() => {});
  return text;
}

describe("an export", () => {
  let source, vault;
  before(async () => {
    ({ source, vault } = await startSourced());
    for (let n = 0; n < 30; n += 1) {
      const url = source.put(`/${n}_0_a.mp4`, noise(1_000 + n, `file ${n}`));
      await vault.deliver({ ...completed(url, `job-${n}`), seed: "\u2028 line\n" }, { query: n % 10 ? "" : "?tag=tenth" });
    }
    await vault.deliver(JSON.stringify(told("failed", "pretty", 1, { error: { a: "b" } }), null, 2));
    await vault.deliver({ ...completed(source.put("/large_0_a.mp4"), "large"), pad: "x".repeat(400_000) },
      { reference: "order-7" });
    await vault.deliver(completed(source.dead("/lost_0_a.mp4"), "lost"));
    for (const id of ["job-29", "large", "lost"]) await vault.settled(id);
    await eventually("all are listed as they are", async () => {
      const { archive } = await vault.json("/stats");
      return (archive.stored === 31 && archive.lost === 1 && archive.none === 1) || undefined;
    });
  });
  after(() => stopAll(vault, source));

  const lines = async (query = "") => {
    const response = await vault.get(`/export${query}`);
    assert.equal(response.status, 200);
    const text = await response.text();
    return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  };

  it("has every record as a reader gets it, in the order of creation", async () => {
    const records = await lines();
    assert.equal(records.length, 33);
    const times = records.map(({ createdAt }) => createdAt);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
    for (const record of records) assert.deepEqual(record, await (await vault.get(`/jobs/${record.id}?wait=0`)).json());
    const type = (await vault.get("/export")).headers.get("content-type");
    assert.equal(type, "application/x-ndjson");
  });

  it("continues where another broke off", async () => {
    const records = await lines();
    for (const n of [0, 15, 16, 20, 31]) {
      const { createdAt, id } = records[n];
      assert.deepEqual(await lines(`?cursor=${createdAt}:${encodeURIComponent(id)}`), records.slice(n + 1), id);
    }
    const { createdAt } = records[20];
    // After a position whose job is gone, the export starts with the first job of that time.
    assert.deepEqual(await lines(`?cursor=${createdAt}:deleted`), records.filter((record) => record.createdAt >= createdAt));
    const last = records.at(-1);
    assert.deepEqual(await lines(`?cursor=${last.createdAt}:${last.id}`), []);
  });

  it("has only the records that changed since then", async () => {
    const records = await lines();
    const { updatedAt } = records[20];
    assert.deepEqual(await lines(`?since=${updatedAt}`), records.filter((record) => record.updatedAt >= updatedAt));
    assert.deepEqual(await lines("?since=2099-01-01T00:00:00Z"), []);
  });

  it("has only the records with a tag", async () => {
    assert.deepEqual((await lines("?tag=tenth")).map(({ id }) => id).sort(), ["job-0", "job-10", "job-20"]);
    assert.deepEqual(await lines("?tag=none"), []);
  });

  it("refuses invalid parameters", async () => {
    for (const query of ["format=csv", "since=soon", "limit=3", "cursor=x", "cursor=7", "cursor=x:a"]) {
      assert.equal((await vault.get(`/export?${query}`)).status, 400, query);
    }
    assert.equal((await fetch(`${vault.url}/export`)).status, 401);
  });

  it("has long records too, and breaks off visibly if it must", async () => {
    const ids = Array.from({ length: 500 }, (_, n) => `many-${n}`);
    for (let n = 0; n < ids.length; n += 50) {
      await Promise.all(ids.slice(n, n + 50).map((id) => vault.deliver(told("failed", id, 1, { error: LONG }),
        { query: "?tag=many", isOneOfMany: true })));
    }
    await eventually("all are listed", async () => (await vault.json("/stats")).status.failed === 501 || undefined);
    const records = await lines("?tag=many");
    assert.deepEqual(records.map(({ id }) => id).sort(), ids.toSorted());
    const places = (await lines("?tag=many")).map(({ createdAt, id }) => `${createdAt}:${id}`);
    assert.deepEqual((await lines(`?tag=many&cursor=${places[299]}`)).length, 200);
    const broken = await vault.get("/export");
    const reader = broken.body.getReader();
    await reader.read();
    await vault.kill();
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    });
  });

  it("that fails at once says so with its status", async () => {
    const broken = await startVault({ change: askable });
    broken.expectErrors(/it is not well/);
    try {
      await broken.deliver(told("failed", "one", 1));
      await eventually("it is listed", async () => (await broken.json("/stats")).jobs === 1 || undefined);
      await spoil(broken, "export", { Page: "it is not well" });
      assert.equal((await broken.get("/export")).status, 503);
      await spoil(broken, "export", {});
      assert.equal((await (await broken.get("/export")).text()).split("\n").length, 2);
    } finally {
      await broken.stop();
    }
  });

  it("that breaks off says so in its last line, with the place to continue", async () => {
    const broken = await startVault({ change: askable });
    broken.expectErrors(/it is not well|ended early/);
    try {
      const ids = Array.from({ length: 20 }, (_, n) => `job-${n}`);
      for (const id of ids) await broken.deliver(told("failed", id, 1));
      await eventually("they are listed", async () => (await broken.json("/stats")).jobs === ids.length || undefined);
      const later = "2099-01-01";
      await askObject(broken, later, { PutMany: [row("later", Date.parse(later))] });
      await spoil(broken, later, { Oldest: "it is not well" });
      const lines = (await received(await broken.get("/export"))).split("\n").slice(0, -1).map((line) => JSON.parse(line));
      const { brokeOff } = lines.pop();
      await spoil(broken, later, {});
      const rest = await (await broken.get(`/export?cursor=${encodeURIComponent(brokeOff.cursor)}`)).text();
      const records = [...lines, ...rest.split("\n").slice(0, -1).map((line) => JSON.parse(line))];
      assert.ok(lines.length > 0);
      assert.deepEqual(records.map(({ id }) => id), ids);
    } finally {
      await broken.stop();
    }
  });

  it("that breaks off within a long record names the record before it", async () => {
    const broken = await startVault({ change: withEntry("tearing") });
    broken.expectErrors(/not well|ended early/);
    try {
      for (const id of ["first", "long", "last"]) {
        const pad = "x".repeat(id === "long" ? 2_000_000 : 10);
        await broken.deliver({ eventType: "completed", jobId: id, pad });
        await broken.settled(id);
      }
      await eventually("they are listed", async () => (await broken.json("/stats")).jobs === 3 || undefined);
      const text = await received(await broken.get("/export"));
      const whole = text.split("\n").slice(0, 1).map((line) => JSON.parse(line).id);
      const { brokeOff } = JSON.parse(text.split("\n").at(-2));
      assert.match(brokeOff.cursor, /:(id:)?first$/);
      const rest = await (await broken.get(`/export?cursor=${encodeURIComponent(brokeOff.cursor)}`)).text();
      const records = rest.split("\n").slice(0, -1).map((line) => JSON.parse(line));
      assert.deepEqual([...whole, ...records.map(({ id }) => id)], ["first", "long", "last"]);
      assert.equal(records[0].result.pad.length, 2_000_000);
    } finally {
      await broken.stop();
    }
  });

  it("as a list makes aria2c download every file", { skip: lacking("aria2c") }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "hookvault-aria2-"));
    t.after(() => rm(folder, { recursive: true }));
    const response = await vault.get("/export?format=aria2");
    assert.match(response.headers.get("content-type"), /^text\/plain/);
    await writeFile(join(folder, "list"), await response.text());
    await run("aria2c", ["-i", "list", "-d", "all", "--quiet=true", "-j", "4"], { cwd: folder });
    for (let n = 0; n < 30; n += 1) {
      const { files: [{ name }] } = await vault.job(`job-${n}`);
      const bytes = await readFile(join(folder, "all", `job-${n}`, `0-${name}`));
      assert.ok(bytes.equals(noise(1_000 + n, `file ${n}`)), `job-${n}`);
    }
  });
});
