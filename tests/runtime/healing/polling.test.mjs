// Senders without webhooks are asked at the pace of their row, until the job has ended.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { problem } from "../support/answers.mjs";
import { say, startHosts } from "../support/servers/hosts.mjs";
import { file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const KEY = "runway-key-0123456789";
const RUNWAY = "https://api.dev.runwayml.com";
const FILES = "https://files.fal.media";

describe("a sender without webhooks", () => {
  let hosts, vault;
  before(async () => {
    hosts = await startHosts();
    const vars = { SENDER_KEYS: JSON.stringify({ runway: KEY }), UPSTREAM_API_KEY: "other-key-0123456789" };
    vault = await startVault({ vars, change: hosts.change });
  });
  after(async () => {
    vault?.leaveWork();
    await stopAll(vault, hosts);
  });

  const url = (id) => `${RUNWAY}/v1/tasks/${id}`;
  const task = (id, status, more = {}) => say({ id, status, createdAt: "2026-12-01T00:00:00Z", ...more });
  const output = (id) => `${FILES}/${id}.mp4`;
  const done = (id) => task(id, "SUCCEEDED", { output: [output(id)] });

  async function follow(id, ...answers) {
    hosts.on(output(id), file(noise(500, id)));
    hosts.on(url(id), ...answers);
    assert.equal((await vault.import({ id, from: "runway", app: "gen4" })).status, 200);
    vault.watch(id);
  }

  const asked = (id, times) => eventually(`${id} was asked for`, () =>
    Promise.resolve(hosts.requests(url(id)).length >= times || undefined));

  test("is asked until the job has ended, and its files are stored", async () => {
    await follow("t1", task("t1", "PENDING"), task("t1", "RUNNING", { progress: 0.5 }), done("t1"));
    const job = await vault.settled("t1");
    assert.deepEqual([job.provider, job.status, job.archive], ["runway", "completed", "stored"]);
    assert.deepEqual(job.result, [job.files[0].url]);
    assert.equal(job.healing, undefined);
    const requests = hosts.requests(url("t1"));
    assert.equal(requests.length, 3);
    for (const { headers } of requests) {
      assert.equal(headers.authorization, `Bearer ${KEY}`);
      assert.equal(headers["x-runway-version"], "2024-11-06");
      assert.match(headers["user-agent"], /^hookvault\/\d/);
    }
    const [{ headers }] = hosts.requests(output("t1"));
    assert.equal(headers.authorization, undefined, "the key is not sent to the files' host");
    assert.match(headers["user-agent"], /^hookvault\/\d/);
  });

  test("says when it is asked next, and leaves no entry while the job runs", async () => {
    await follow("t2", task("t2", "RUNNING"));
    await asked("t2", 3);
    const { status, version, healing } = await vault.job("t2");
    assert.deepEqual([status, healing.error, healing.exhausted], ["queued", null, false]);
    assert.ok(healing.attempts >= 2 && healing.nextAt > 0);
    assert.equal((await vault.events("t2")).length, 1, "the import alone");
    assert.equal(version, (await vault.job("t2")).version);
    hosts.on(url("t2"), task("t2", "CANCELLED"));
    assert.equal((await vault.settled("t2")).status, "cancelled");
  });

  test("a failure keeps the sender's words", async () => {
    await follow("t3", task("t3", "RUNNING"), task("t3", "FAILED", { failure: "no GPU", failureCode: "X" }));
    const job = await vault.settled("t3");
    assert.deepEqual([job.status, job.error], ["failed", "no GPU"]);
  });

  test("Retry-After is honoured", async () => {
    await follow("t4", say({}, 429, { "retry-after": "2" }), done("t4"));
    await vault.settled("t4");
    const [first, second] = hosts.requests(url("t4")).map(({ at }) => at);
    assert.ok(second - first >= 1_900, `${second - first} ms`);
  });

  for (const [death, die] of Object.entries({ "an orderly stop": () => vault.restart(), "kill -9": () => vault.kill() })) {
    test(`goes on being asked after ${death}`, async () => {
      const id = `t5-${death.length}`;
      await follow(id, task(id, "RUNNING"));
      await asked(id, 2);
      await die();
      const before = hosts.requests(url(id)).length;
      await asked(id, before + 2);
      hosts.on(url(id), done(id));
      assert.equal((await vault.settled(id)).archive, "stored");
    });
  }

  test("another job's answer, a redirect and an unknown word are no result", async () => {
    const redirect = (response) => response.writeHead(302, { location: `${FILES}/stolen` }).end();
    for (const [id, answer, why] of [
      ["t6", task("t7", "SUCCEEDED", { output: [output("t7")] }), /answered for another job/],
      ["t8", redirect, /a redirect, which is not followed/],
      ["t9", task("t9", "Moderated"), /"Moderated", which its row does not name/],
      ["t10", say({}, 404), /the sender answers 404/],
    ]) {
      await follow(id, answer);
      await asked(id, 1);
      const job = await eventually(`${id} says why`, async () => {
        const job = await vault.job(id);
        return job.healing?.error ? job : undefined;
      });
      assert.match(job.healing.error, why);
      assert.equal(job.status, "queued");
    }
    assert.equal(hosts.requests(`${FILES}/stolen`).length, 0);
  });

  test("an unknown sender is refused, and without a key the record says so", async () => {
    const refused = await vault.import({ id: "t11", from: "nobody" });
    assert.match(await problem(refused, 400), /`from` is "nobody"/);
    assert.equal((await vault.import({ id: "t12", from: "xai" })).status, 200);
    const job = await eventually("it says why", async () => {
      const job = await vault.job("t12");
      return job.healing?.error ? job : undefined;
    });
    assert.equal(job.healing.error, "SENDER_KEYS has no key of the job's sender");
    assert.ok(hosts.all().every(({ url }) => !url.includes("x.ai")));
  });
});
