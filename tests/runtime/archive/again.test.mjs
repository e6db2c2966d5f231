// `POST /jobs/{id}/archive` and `POST /jobs/{id}/links`: what the owner may ask for later.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { file, noise, redirect, startOrigin, status } from "../support/servers/origin.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };

/** Uses the vault's present address, because its port changes at a restart. */
const fetchFile = (vault, url) => fetch(vault.url + new URL(url).pathname);
const bytesOf = async (vault, url) => Buffer.from(await (await fetchFile(vault, url)).arrayBuffer());

async function post(vault, path) {
  const response = await vault.post(path, "", headers);
  return { ...(await response.json()), code: response.status };
}

describe("copying again", () => {
  let source;
  let other;
  let vault;
  before(async () => {
    [source, other] = [await startSource(), await startOrigin()];
    vault = await startVault({ sources: source.url });
  });
  after(() => stopAll(vault, source, other));

  it("stores a file that was too large before, under its old link", async () => {
    await vault.restart({ MAX_FILE_BYTES: "100" });
    await vault.deliver(completed(source.put("/large_0_a.mp4", noise(5_000)), "large"));
    const before = await vault.settled("large");
    assert.deepEqual([before.archive, before.files[0].state], ["lost", "lost"]);
    await vault.restart({ MAX_FILE_BYTES: "5000" });
    const answer = await post(vault, "/jobs/large/archive");
    assert.deepEqual([answer.code, answer.id, answer.archive], [202, "large", "pending"]);
    const job = await vault.settled("large");
    assert.deepEqual([job.archive, job.files.length], ["stored", 1]);
    assert.deepEqual(await bytesOf(vault, before.files[0].url), noise(5_000));
    assert.match((await vault.events("large")).at(-2).detail, /copy again was requested: 1 file,/);
  });

  it("stores a file whose host is allowed now, and the result shows it", async () => {
    other.on("/o.png", file(noise(700), { "content-type": "image/png" }));
    const body = { eventType: "completed", jobId: "host", seed: "SEED",
      image: source.put("/host_0_a.mp4"), more: [`${other.url}/o.png`] };
    await vault.deliver(JSON.stringify(body).replace('"SEED"', "196619188014358660"));
    vault.watch("host");
    const before = await vault.settled("host");
    assert.deepEqual([before.archive, before.skipped.map(({ allow }) => allow)], ["partial", [other.url]]);
    await vault.restart({ ALLOWED_SOURCE_HOSTS: `${source.url},${before.skipped[0].allow}` });
    assert.equal((await post(vault, "/jobs/host/archive")).code, 202);
    const job = await vault.settled("host");
    assert.deepEqual([job.archive, job.skipped, job.files.length], ["stored", [], 2]);
    assert.equal(job.files[0].url, before.files[0].url);
    const text = await (await vault.get("/jobs/host/result")).text();
    assert.equal(text, `{"seed":196619188014358660,"image":"${job.files[0].url}","more":["${job.files[1].url}"]}`);
    assert.deepEqual(await bytesOf(vault, job.files[1].url), noise(700));
  });

  it("stores a redirect's target once its host is allowed, as the doctor advised", async () => {
    other.on("/led.mp4", file(noise(900)));
    source.put("/led_0_a.mp4");
    source.on("/led_0_a.mp4", redirect(`${other.url}/led.mp4?token=secret`));
    await vault.restart({ ALLOWED_SOURCE_HOSTS: source.url });
    await vault.deliver(completed(`${source.url}/led_0_a.mp4`, "led"));
    const before = await vault.settled("led");
    const { error, state, allow } = before.files[0];
    assert.deepEqual([before.archive, state, allow], ["lost", "lost", other.url]);
    assert.equal(error, `the source's redirect: port not allowed: ${other.url}`);
    const checks = async () => (await vault.json("/doctor")).checks;
    const hosts = async () => (await checks()).find(({ name }) => name === "hosts");
    const told = await eventually("the doctor knows", async () => {
      const check = await hosts();
      return check.status === "warn" ? check : undefined;
    });
    assert.ok(told.detail.includes(`${other.url} (job led)`), told.detail);
    const [, line] = /ALLOWED_SOURCE_HOSTS = "([^"]+)"/.exec(told.fix);
    assert.equal(line, `${source.url},${other.url}`);
    assert.match((await checks()).find(({ name }) => name === "lost").fix, /hosts/);
    await vault.restart({ ALLOWED_SOURCE_HOSTS: line });
    assert.match((await hosts()).detail, /^hosts that are allowed now/);
    assert.equal((await post(vault, "/jobs/led/archive")).code, 202);
    const job = await vault.settled("led");
    assert.deepEqual([job.archive, job.files[0].error, job.files[0].allow], ["stored", null, undefined]);
    assert.deepEqual(await bytesOf(vault, before.files[0].url), noise(900));
    await eventually("the doctor is content", async () => (await hosts()).status === "ok" || undefined);
  });

  it("stores what was deleted from the bucket", async () => {
    await vault.deliver(completed(source.put("/hole_0_a.mp4", noise(300)), "hole"));
    const { files: [{ url }] } = await vault.settled("hole");
    await (await vault.bucket()).delete((await vault.keys("jobs/hole/"))[0]);
    assert.equal((await fetchFile(vault, url)).status, 410);
    assert.equal((await post(vault, "/jobs/hole/archive")).archive, "pending");
    await vault.settled("hole");
    assert.deepEqual(await bytesOf(vault, url), noise(300));
  });

  it("leaves stored files alone, and may be repeated", async () => {
    await vault.deliver(completed(source.put("/whole_0_a.mp4"), "whole"));
    const before = await vault.settled("whole");
    for (const _ of [1, 2]) assert.equal((await post(vault, "/jobs/whole/archive")).archive, "stored");
    const job = await vault.settled("whole");
    assert.deepEqual(job.files, before.files);
    assert.equal(source.requests("/whole_0_a.mp4").length, 1);
  });

  it("asks the upstream for a job without a result", async () => {
    await vault.deliver(acquired("silent"));
    assert.equal((await post(vault, "/jobs/silent/archive")).code, 202);
    await eventually("it was tried", async () => (await vault.job("silent")).healing?.attempts > 0 || undefined);
    assert.match((await vault.job("silent")).healing.error, /UPSTREAM_API_KEY|app/);
    assert.equal((await post(vault, "/jobs/never/archive")).code, 404);
  });

  it("works for many jobs at once", async () => {
    const stored = async () => (await vault.json("/jobs?archive=stored&limit=200&q=bulk-")).jobs.length;
    await vault.restart({ MAX_FILE_BYTES: "100" });
    for (let n = 0; n < 7; n += 1) {
      await vault.deliver(completed(source.put(`/bulk-${n}_0_a.mp4`, noise(500)), `bulk-${n}`), { query: "?tag=bulk" });
    }
    await eventually("all are lost", async () =>
      (await vault.json("/jobs?archive=lost&tag=bulk")).jobs.length === 7 || undefined);
    await vault.restart({ MAX_FILE_BYTES: "5000" });
    let [accepted, rounds, cursor] = [0, 0, ""];
    for (; cursor !== null; rounds += 1) {
      const answer = await post(vault, `/archive?tag=bulk&archive=lost&limit=3${cursor && `&cursor=${cursor}`}`);
      assert.deepEqual([answer.code, answer.failed], [202, []]);
      accepted += answer.accepted;
      cursor = answer.cursor;
    }
    assert.deepEqual([accepted, rounds], [7, 3]);
    await eventually("all are stored", async () => (await stored()) === 7 || undefined);
    assert.deepEqual([(await post(vault, "/archive?archive=all")).code, (await post(vault, "/archive?limit=0")).code,
      (await post(vault, "/archive?queue=a")).code], [400, 400, 400]);
    assert.equal((await post(vault, "/archive?tag=bulk&archive=lost&archive=partial")).accepted, 0);
  });

  it("gives up again on files that can't be fetched", async () => {
    source.on("/dead_0_a.mp4", status(403));
    await vault.deliver(completed(source.dead("/dead_0_a.mp4"), "dead"));
    assert.equal((await vault.settled("dead")).archive, "lost");
    assert.equal((await post(vault, "/jobs/dead/archive")).archive, "pending");
    const job = await vault.settled("dead");
    assert.equal(job.archive, "lost");
    assert.match(job.files[0].error, /URL/);
  });
});

describe("new links", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  it("open the files, and the old links open nothing", async () => {
    const body = { eventType: "completed", jobId: "new", seed: "SEED", results: ["/n1.mp4", "/n2.mp4", "/n3.mp4"]
      .map((path, n) => source.put(path, noise(n * 5_000, path))), pad: "x".repeat(300_000) };
    await vault.deliver(JSON.stringify(body).replace('"SEED"', "196619188014358660"));
    vault.watch("new");
    const before = await vault.settled("new");
    const answer = await post(vault, "/jobs/new/links");
    assert.deepEqual([answer.code, answer.id, answer.files.length], [202, "new", 3]);
    const job = await vault.job("new");
    for (const [n, { url, etag }] of job.files.entries()) {
      assert.equal(url, answer.files[n].url);
      assert.notEqual(url, before.files[n].url);
      assert.equal(etag, before.files[n].etag);
      assert.deepEqual(await bytesOf(vault, url), noise(n * 5_000, `/n${n + 1}.mp4`));
      await eventually("the old link is dead", async () =>
        (await fetchFile(vault, before.files[n].url)).status === 410 || undefined);
      assert.deepEqual(await bytesOf(vault, url), noise(n * 5_000, `/n${n + 1}.mp4`));
      assert.equal((await fetchFile(vault, url)).headers.get("content-type"), "video/mp4");
    }
    const result = await (await vault.get("/jobs/new/result")).text();
    for (const [n, { url }] of job.files.entries()) {
      assert.ok(result.includes(`"${url}"`) && !result.includes(before.files[n].url));
    }
    assert.ok(result.includes('"seed":196619188014358660'));
  });

  it("also apply to a file that is being copied", async () => {
    let finish;
    const begun = new Promise((begin) => {
      source.on("/slow.mp4", (response) => {
        response.writeHead(200, { "content-type": "video/mp4", "content-length": 1_000 });
        response.write(noise(1_000).subarray(0, 500));
        finish = () => response.end(noise(1_000).subarray(500));
        begin();
      });
    });
    await vault.deliver(completed(`${source.url}/slow.mp4`, "slow"));
    await begun;
    const old = (await vault.job("slow")).files[0].url;
    await post(vault, "/jobs/slow/links");
    finish();
    const { files: [{ url }] } = await vault.settled("slow");
    assert.notEqual(url, old);
    assert.deepEqual(await bytesOf(vault, url), noise(1_000));
    await eventually("the old link is dead", async () => (await fetchFile(vault, old)).status === 410 || undefined);
    assert.deepEqual(await bytesOf(vault, url), noise(1_000));
  });

  it("may be requested repeatedly, for any job", async () => {
    await vault.deliver(told("failed", "plain", 1));
    for (const _ of [1, 2, 3]) {
      assert.deepEqual((await post(vault, "/jobs/plain/links")).files, []);
    }
    assert.equal((await post(vault, "/jobs/never/links")).code, 404);
    await vault.deliver(completed(source.put("/thrice.mp4"), "thrice"));
    await vault.settled("thrice");
    const answers = await Promise.all([1, 2, 3].map(() => post(vault, "/jobs/thrice/links")));
    const { files: [{ url }] } = await vault.job("thrice");
    const urls = new Set(answers.map(({ files }) => files[0].url));
    assert.ok(urls.size === 3 && urls.has(url));
    urls.delete(url);
    for (const old of urls) {
      await eventually("the old link is dead", async () => (await fetchFile(vault, old)).status === 410 || undefined);
    }
    assert.equal((await fetchFile(vault, url)).status, 200);
  });
});
