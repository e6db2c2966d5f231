// Which URLs are fetched, counted at the socket that receives all of the Worker's fetches.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { content, redirectTo, startOutbound } from "../support/servers/outbound.mjs";
import { stopAll } from "../support/stop.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { BENIGN, HOSTILE, REDIRECTS, SOURCES } from "../support/samples/urls.mjs";
import { startVault } from "../support/vault.mjs";

const GOOD = "https://fal.media/beside.mp4";

describe("of all URLs", () => {
  let outbound;
  let vault;
  let jobs = 0;
  before(async () => {
    outbound = await startOutbound();
    vault = await startVault({ sources: SOURCES, change: outbound.change });
  });
  after(() => stopAll(vault, outbound));

  async function archive(result) {
    const id = `urls-${(jobs += 1)}`;
    const delivered = await vault.deliver({ eventType: "completed", jobId: id, ...result });
    assert.equal(delivered.status, 200);
    return vault.settled(id);
  }

  const hops = (name, count) =>
    Array.from({ length: count }, (_, h) => `https://h${h}.fal.media/${name}.mp4`);

  async function isStored(job, url) {
    assert.deepEqual([job.archive, job.files[0]?.error], ["stored", null]);
    assert.equal((await digest(job.files[0].url)).sha256, sha256(content(url)));
  }

  test("the tables are as large as they are meant to be", () => {
    const hostile = Object.values(HOSTILE).flat();
    assert.equal(new Set(hostile).size, hostile.length);
    assert.ok(hostile.length >= 60, `${hostile.length}`);
    assert.ok(Object.keys(BENIGN).length >= 20);
  });

  for (const [reason, urls] of Object.entries(HOSTILE)) {
    const videos = urls.map((url) => ({ data_uri: url }));
    const pointers = urls.map((_, n) => `/videos/${n}/data_uri`);

    test(`none is fetched that is ${reason ? `skipped: ${reason}` : "text"}`, async () => {
      outbound.seen();
      const job = await archive({ videos, beside: GOOD });
      const told = Object.fromEntries(job.skipped.map((one) => [one.pointer, one.reason]));
      const wanted = reason ? pointers.map((pointer) => [pointer, reason]) : [];
      assert.deepEqual(told, Object.fromEntries(wanted));
      assert.equal(job.archive, reason ? "partial" : "stored");
      // The file beside them is copied, which shows that the socket works.
      assert.deepEqual(job.files.map((file) => file.pointers), [["/beside"]]);
      assert.deepEqual(outbound.seen(), [`GET ${GOOD}`]);
    });

    test(`none is fetched that a redirect leads to: ${reason || "text"}`, async () => {
      // A redirect cannot contain characters that no header can hold.
      const targets = urls.filter((url) => !/[\0-\x08\n-\x1f]/.test(url));
      const start = (n) => `https://fal.media/from/${reason.replaceAll(" ", "-")}/${n}.mp4`;
      targets.forEach((url, n) => outbound.on(start(n), redirectTo(url)));
      outbound.seen();
      const job = await archive({ videos: targets.map((_, n) => ({ data_uri: start(n) })) });
      assert.equal(job.archive, "lost");
      const wrong = job.files.filter(({ state, error }) =>
        state !== "lost" || !/^the source's redirect: (not |user|port|IP|host)/.test(error));
      assert.deepEqual(wrong, []);
      assert.deepEqual(outbound.seen().sort(), targets.map((_, n) => `GET ${start(n)}`).sort());
    });
  }

  test("none is fetched that a later redirect leads to", async () => {
    const urls =
      ["https://169.254.169.254/a.mp4", "http://fal.media/a.mp4", "//evil.example/a.mp4"];
    for (const [n, url] of urls.entries()) {
      const chain = hops(`later-${n}`, 3);
      [...chain.slice(1), url].forEach((to, h) => outbound.on(chain[h], redirectTo(to, 301)));
      outbound.seen();
      const job = await archive({ video: { data_uri: chain[0] } });
      assert.equal(job.archive, "lost");
      assert.deepEqual(outbound.seen(), chain.map((hop) => `GET ${hop}`));
    }
  });

  for (const [what, [url, out = url]] of Object.entries(BENIGN)) {
    test(`one is fetched with ${what}`, async () => {
      outbound.seen();
      const job = await archive({ video: { data_uri: url } });
      assert.deepEqual(outbound.seen(), [`GET ${out}`]);
      assert.deepEqual(job.skipped, []);
      await isStored(job, out);
    });
  }

  for (const [n, [what, [code, location, out]]] of Object.entries(REDIRECTS).entries()) {
    test(`one is fetched to which a ${code} leads by ${what}`, async () => {
      const start = `https://fal.media/${n + 1}/a.mp4`;
      outbound.on(start, redirectTo(location, code));
      outbound.seen();
      const job = await archive({ video: { data_uri: start } });
      assert.deepEqual(outbound.seen(), [`GET ${start}`, `GET ${out}`]);
      await isStored(job, out);
    });
  }

  test("one is fetched after three redirects, none after a fourth", async () => {
    for (const [name, count, archived] of [["three", 4, "stored"], ["four", 5, "lost"]]) {
      const chain = hops(name, count);
      chain.slice(1).forEach((to, h) => outbound.on(chain[h], redirectTo(to)));
      outbound.seen();
      const job = await archive({ video: { data_uri: chain[0] } });
      assert.equal(job.archive, archived);
      assert.deepEqual(outbound.seen(), chain.slice(0, 4).map((url) => `GET ${url}`));
      if (archived === "stored") await isStored(job, chain.at(-1));
      else assert.match(job.files[0].error, /redirects more than 3 times/);
    }
  });

  test("a loop of redirects ends", async () => {
    const [a, b] = hops("loop", 2);
    outbound.on(a, redirectTo(b, 307));
    outbound.on(b, redirectTo(a, 308));
    outbound.seen();
    const job = await archive({ video: { data_uri: a } });
    assert.match(job.files[0].error, /redirects more than 3 times/);
    assert.deepEqual(outbound.seen(), [a, b, a, b].map((url) => `GET ${url}`));
  });
});
