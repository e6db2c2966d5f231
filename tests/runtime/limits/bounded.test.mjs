// Many, large and hostile deliveries: nothing grows without bound, and nothing is lost.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import "../support/capped.mjs";
import { digest } from "../support/bytes.mjs";
import { acquired, at, completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const DELIVERIES = 1_000;

describe("limits", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  /** Returns a delivery of a job that is acquired again and again: each event is newer than the last. */
  const nth = (id, n) => {
    const pad = n % 50 === 0 ? { pad: noise(20_000, `${n}`).toString("hex") } : {};
    return { ...acquired(id, n), ...pad };
  };

  async function deliverMany(id) {
    let next = 0;
    const worker = async () => {
      for (let n = next++; n < DELIVERIES; n = next++) {
        assert.equal((await vault.deliver(nth(id, n))).status, 200);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  }

  const all = async (id) => {
    const events = [];
    for (let after = 0; ;) {
      const path = `/jobs/${id}/events?limit=300&after=${after}`;
      const { events: page } = await vault.json(path);
      if (page.length === 0) return events;
      events.push(...page);
      after = page.at(-1).n;
    }
  };

  test("a thousand deliveries of one job stay readable, old ones from the bucket", async () => {
    await deliverMany("busy");
    await eventually("old entries have moved", async () =>
      (await vault.keys("timeline/busy/")).length === 8 || undefined);
    const events = await all("busy");
    assert.deepEqual(events.map(({ n }) => n), events.map((_, at) => at + 1));
    assert.equal(events.length, DELIVERIES);
    const times = new Set(events.filter(({ body }) => body).map(({ body }) => body.updatedAt));
    assert.equal(times.size, DELIVERIES - DELIVERIES / 50, "bodies over 16 KiB are not inline");
    for (const event of events.filter(({ body }) => !body)) {
      const body = await (await vault.get(`/jobs/busy/events/${event.n}/body`)).json();
      assert.equal(body.pad.length, 40_000);
    }
    const job = await vault.job("busy");
    assert.deepEqual([job.deliveries, job.status], [DELIVERIES, "acquired"]);
    const moved = (await vault.keys("bodies/busy/")).length;
    // The manifest, which is written minutes later, moves all of them; a slow machine gets that far.
    assert.ok([16, DELIVERIES / 50].includes(moved), `the long ones of the moved pages: ${moved}`);
  });

  test("moved deliveries still count as duplicates", async () => {
    const { version } = await vault.job("busy");
    const first = await vault.deliver(nth("busy", 1));
    assert.equal(first.status, 200);
    const job = await vault.job("busy");
    assert.deepEqual([job.leaseExpiry, job.version], [at(DELIVERIES - 1) + 45_000, version]);
    await vault.deliver(told("cancelled", "busy", DELIVERIES + 1));
  });

  test("a delivery that is repeated hundreds of times counts once, whatever has moved", async () => {
    await vault.deliver(acquired("again"));
    const retried = told("retried", "again", 1);
    await vault.deliver(retried);
    for (let n = 0; n < 320; n += 1) await vault.deliver(retried);
    await eventually("old entries have moved", async () =>
      (await vault.keys("timeline/again/")).length > 0 || undefined);
    assert.equal((await vault.deliver(retried)).duplicate, true);
    const job = await vault.job("again");
    assert.deepEqual([job.attempt, job.duplicates], [2, 321]);
    await vault.deliver(told("cancelled", "again", 2));
  });

  test("of ten thousand URLs five hundred are copied, and the rest is reported as too many", async () => {
    const bytes = (n) => noise(100, `url ${n % 600}`);
    const urls = Array.from({ length: 10_000 }, (_, n) =>
      n < 600 ? source.put(`/many/${n}.mp4`, bytes(n)) : `${source.url}/many/${n}.mp4`);
    await vault.deliver({ eventType: "completed", jobId: "many", results: urls });
    const job = await vault.settled("many");
    assert.deepEqual([job.archive, job.files.length, job.skipped.length], ["partial", 500, 50]);
    assert.ok(job.skipped.every(({ reason }) => reason === "too many"));
    for (const n of [0, 250, 499]) {
      assert.equal((await digest(job.files[n].url)).sha256, sha256(bytes(n)));
    }
    const { results } = await vault.json("/jobs/many/result");
    assert.equal(results.length, 10_000);
    assert.equal((await all("many")).length, 501);
  });

  test("32 MiB of inline base64 are decoded and served", async () => {
    const video = Buffer.concat([Buffer.from("0000001c6674797069736f6d", "hex"),
      noise(24_000_000, "large")]);
    const base64 = video.toString("base64");
    await vault.deliver({ ...completed(base64, "large"), video: { data_uri: base64 } });
    const { files } = await vault.settled("large");
    assert.equal((await digest(files[0].url)).sha256, sha256(video));
  });
});
