// `POST /restore`: everything comes back from the bucket alone. Also tests jobs whose time is up: only a manifest with
// old times can show these.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import "../support/capped.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };
const DAY = 86_400_000;

async function copyBucket(from, to) {
  const [source, target] = [await from.bucket(), await to.bucket()];
  for (const key of await from.keys("")) {
    const { httpMetadata, customMetadata, ...object } = await source.get(key);
    const bytes = await (await source.get(key)).arrayBuffer();
    assert.ok(object);
    await target.put(key, bytes, { httpMetadata, customMetadata });
  }
}

/** Restores to the end, and returns the sums of the answers. */
async function restore(vault, query = "") {
  const sums = { restored: 0, known: 0, deleted: 0, failed: [], rounds: 0 };
  for (let cursor = ""; cursor !== null; ) {
    const response = await vault.post(`/restore?${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, "", headers);
    assert.equal(response.status, 200);
    const answer = await response.json();
    cursor = answer.cursor;
    for (const key of ["restored", "known", "deleted"]) sums[key] += answer[key];
    sums.failed.push(...answer.failed);
    sums.rounds += 1;
  }
  return sums;
}

describe("an account that has only the bucket", () => {
  let source, vault;
  let second;
  before(async () => {
    ({ source, vault } = await startSourced());
    second = await startVault({ sources: source.url });
  });
  after(() => stopAll(vault, second, source));

  const listed = async (of) => {
    const { jobs } = await of.json("/jobs?limit=200");
    return new Set(jobs.map(({ id }) => id));
  };

  it("has every record, link and listing again", async () => {
    const video = (name, size) => source.put(`/${name}_0_a.mp4`, noise(size, name));
    await vault.deliver(acquired("full"));
    await vault.deliver(completed(video("full", 90_000), "full"), { query: "?app=m&tag=draft" });
    await vault.deliver(completed(video("by-ref", 10)), { reference: "order-7" });
    await vault.deliver(told("failed", "named", 1, { error: "no luck" }), { reference: "order-8" });
    await vault.deliver(completed(video("late-id", 10)), { reference: "order-9" });
    await vault.deliver(told("retried", "late-id", 5), { reference: "order-9" });
    await vault.deliver({ ...completed(video("large", 10), "large"), pad: "x".repeat(300_000) });
    await vault.deliver({ ...completed(video("long", 10), "long"), pad: "y".repeat(30_000) });
    const inline = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), noise(3_000)]);
    await vault.deliver({ eventType: "completed", jobId: "inline", data_uri: inline.toString("base64") });
    await vault.deliver(acquired("running"));
    await vault.deliver(acquired("full"));
    const ids = ["full", "ref:order-7", "named", "late-id", "large", "long", "inline", "running"];
    const day = new Date().toISOString().slice(0, 10);
    await eventually("all manifests are whole", async () => {
      for (const id of ids) {
        const { version, ref, deliveries } = await vault.job(id);
        const bucket = await vault.bucket();
        const home = (await bucket.head(`manifests/${day}/${id}.json`)) ? id : `ref:${ref}`;
        const manifest = await (await bucket.get(`manifests/${day}/${home}.json`))?.json();
        if (manifest?.job.version !== version || manifest.job.deliveries !== deliveries) return undefined;
      }
      return true;
    });

    await copyBucket(vault, second);
    const sums = await restore(second, "limit=3");
    assert.deepEqual(sums, { restored: 8, known: 0, deleted: 0, failed: [], rounds: sums.rounds });
    assert.ok(sums.rounds >= 3);

    const names = [...ids, "order-7", "ref:order-8", "ref:order-9"];
    for (const name of names) {
      const plain = (text) => text.replace(/"healing":.*?\}/, "");
      const [one, other] = await Promise.all([vault, second].map((of) => of.get(`/jobs/${name}?wait=0`)));
      assert.equal(plain(await other.text()), plain(await one.text()), name);
      const events = await Promise.all([vault, second].map((of) => of.events(name)));
      assert.deepEqual(events[1], events[0], name);
    }
    for (const id of ids) {
      for (const { url, state } of (await vault.job(id)).files) {
        assert.equal(state, "stored");
        const path = new URL(url).pathname;
        const [one, other] = await Promise.all([vault, second].map(async (of) =>
          Buffer.from(await (await fetch(of.url + path)).arrayBuffer())));
        assert.ok(one.equals(other), path);
      }
    }
    const long = `/jobs/long/events/1/body`;
    assert.equal(await (await second.get(long)).text(), await (await vault.get(long)).text());
    const large = await (await second.get("/jobs/large/result")).text();
    assert.equal(large, await (await vault.get("/jobs/large/result")).text());
    await eventually("the listing is whole", async () =>
      (await listed(second)).size === (await listed(vault)).size || undefined);
    await eventually("KV is whole", async () =>
      (await (await second.records()).get("full")) !== null || undefined);
  });

  it("knows its former deliveries", async () => {
    const again = await second.deliver(acquired("full"));
    assert.equal(again.duplicate, true);
    const late = await second.deliver(told("failed", undefined, 2, { error: "no luck" }), { reference: "order-8" });
    assert.equal(late.id, "named");
    const onwards = await second.deliver(completed(source.put("/r_0_a.mp4"), "running"));
    assert.deepEqual([onwards.id, onwards.duplicate], ["running", false]);
    assert.equal((await second.settled("running")).archive, "stored");
  });

  it("may restore again, and what exists stays as it is", async () => {
    const before = await second.job("running");
    const sums = await restore(second);
    assert.deepEqual([sums.restored, sums.known, sums.failed], [0, 8, []]);
    assert.deepEqual(await second.job("running"), before);
    await fetch(`${second.url}/jobs/long`, { method: "DELETE", headers });
    second.unwatch("long");
    // A deleted job's stores are wiped again a while later, which deletes this manifest too.
    const known = await eventually("the job is known as deleted", async () => {
      await copyBucket(vault, second);
      const sums = await restore(second);
      return sums.deleted === 1 ? sums.known : undefined;
    });
    assert.equal(known, 7);
    assert.equal((await second.get("/jobs/long")).status, 404);
    await fetch(`${second.url}/jobs/long`, { method: "DELETE", headers });
  });

  it("names the manifests that can't be read, and goes on", async () => {
    second.expectErrors(/manifest/);
    const bucket = await second.bucket();
    const manifest = await (await bucket.get((await second.keys("manifests/"))[0])).text();
    await bucket.put("manifests/2020-01-01/broken.json", "{");
    await bucket.put("manifests/2020-01-01/other.json", manifest);
    await bucket.put("manifests/odd", "{}");
    const { failed } = await restore(second);
    assert.deepEqual(failed.sort(),
      ["manifests/2020-01-01/broken.json", "manifests/2020-01-01/other.json", "manifests/odd"]);
    for (const key of failed) await bucket.delete(key);
  });

  it("refuses invalid parameters", async () => {
    for (const query of ["limit=0", "limit=1001", "limit=x"]) {
      assert.equal((await second.post(`/restore?${query}`, "", headers)).status, 400, query);
    }
    assert.equal((await second.post("/restore", "")).status, 401);
  });
});

describe("a job whose time is up", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  /** Makes the vault forget the job, and restores it as it was `days` ago. */
  async function age(id, days) {
    await vault.settled(id);
    const path = await eventually("its manifest", async () => (await vault.keys("manifests/")).find((key) => key.includes(`/${id}.json`)));
    const bucket = await vault.bucket();
    const manifest = (await (await bucket.get(path)).text())
      .replaceAll(`id:${id}`, `id:${id}-old`)
      .replace(/"updatedAt":\d+/, `"updatedAt":${Date.now() - days * DAY}`);
    await bucket.put(path.replace(`/${id}.`, `/${id}-old.`), manifest.replaceAll(`"id":"${id}"`, `"id":"${id}-old"`));
    await restore(vault);
  }
  const isThere = async (id) => (await vault.get(`/jobs/${id}?wait=0`)).status === 200;

  it("is deleted that long after its last change", async () => {
    await vault.deliver(completed(source.put("/a_0_a.mp4"), "a"), { query: "?keep=2" });
    await age("a", 3);
    await eventually("it is gone", async () => !(await isThere("a-old")) || undefined);
    await eventually("its manifest too", async () =>
      !(await vault.keys("manifests/")).some((key) => key.includes("a-old")) || undefined);
    assert.ok(await isThere("a"));
    const late = await vault.deliver(acquired("a-old"));
    assert.equal(late.deleted, true);
    vault.unwatch("a-old");
  });

  it("is kept before, and for good if it says so", async () => {
    await vault.restart({ RETENTION_DAYS: "1" });
    for (const [id, query, days] of [["b", "?keep=4", 3], ["c", "?keep=0", 3], ["d", "", 3], ["e", "?keep=soon", 0]]) {
      await vault.deliver(completed(source.put(`/${id}_0_a.mp4`), id), { query });
      await age(id, days);
    }
    await eventually("the one that says nothing is gone", async () => !(await isThere("d-old")) || undefined);
    for (const id of ["b-old", "c-old", "e-old", "e"]) assert.ok(await isThere(id), id);
    assert.match((await vault.events("e"))[0].detail, /keep is "soon"/);
  });
});
