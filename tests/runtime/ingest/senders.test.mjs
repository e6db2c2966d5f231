// The rows of the table of senders, built in and of the variable SENDERS, in the built Worker.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";

/** The row of the page's example, with another host. */
function example(host) {
  const page = readFileSync(new URL("../../../docs/senders.md", import.meta.url), "utf8");
  const [, text] = /```json\n(\[\{\n {2}"name": "krea"[^`]*)```/.exec(page);
  assert.equal(text.trim().split("\n").length, 10, "a new sender in ten lines");
  const rows = JSON.parse(text);
  rows[0].hosts = host;
  return rows;
}

const krea = (id, urls) => ({ job_id: id, status: "completed", created_at: "2025-01-15T10:30:00.000Z",
  completed_at: "2025-01-15T10:30:05.000Z", result: { urls } });
const kling = (id, url) => ({ id, status: "succeeded", message: "", create_time: 1781080778802, update_time: 1781080794151,
  outputs: [{ type: "video", id: "v", url, duration: "5" }] });

async function findings(vault, wanted) {
  const { checks } = await vault.json("/doctor");
  return checks.filter(({ name }) => name === wanted);
}

describe("an operator's own row", () => {
  let origin, vault;
  before(async () => {
    ({ origin, vault } = await startServed());
    await vault.restart({ SENDERS: JSON.stringify([...example(origin.url), { name: "luma", off: true }]) });
  });
  after(() => stopAll(vault, origin));

  it("is a new sender, as the page shows it", async () => {
    origin.on("/krea.png", file(noise(2_048, "krea"), { "content-type": "image/png" }));
    const answer = await vault.deliver(krea("550e8400", [`${origin.url}/krea.png`]));
    assert.deepEqual([answer.status, answer.id, answer.eventType], [200, "550e8400", "completed"]);
    const job = await vault.settled("550e8400");
    assert.deepEqual([job.provider, job.status, job.archive], ["krea", "completed", "stored"]);
    assert.deepEqual(await vault.json("/jobs/550e8400/result"), { urls: [job.files[0].url] });
    assert.deepEqual(await findings(vault, "SENDERS"), []);
  });

  it("turns a built-in row off", async () => {
    const luma = { id: "l1", state: "completed", failure_reason: null, assets: { video: "https://storage.cdn-luma.com/a.mp4" } };
    const { status } = await vault.deliver(luma);
    assert.equal(status, 202, "no row has its id");
  });
});

describe("a mistake in SENDERS", () => {
  let origin, vault;
  before(async () => {
    const SENDERS = '[{"name":"a","status":"/s","events":{"done":"x"},"hosts":"*"},{"name":"kling","life":60}]';
    ({ origin, vault } = await startServed({ vars: { SENDERS } }));
  });
  after(() => stopAll(vault, origin));

  it("is named by its path, and deliveries are taken", async () => {
    vault.expectErrors(/SENDERS\[0\]/);
    assert.equal((await vault.deliver(kling("k1", `${origin.url}/none`))).status, 200);
    vault.leaveWork();
    const [events, hosts, ...others] = await findings(vault, "SENDERS");
    assert.match(events.detail, /SENDERS\[0\]\.events\.done: must be acquired/);
    assert.match(hosts.detail, /SENDERS\[0\]\.hosts: "\*" is not a host/);
    assert.deepEqual([hosts.status, others], ["fail", []]);
    const { provider, files } = await vault.job("k1");
    assert.equal(provider, "kling");
    assert.ok(files[0].expiresAt - Date.now() < 61_000, "the row beside it counts");
  });
});

describe("a built-in row", () => {
  let origin, vault;
  before(async () => ({ origin, vault } = await startServed()));
  after(() => stopAll(vault, origin));

  it("reads its sender's result; a host that no row names is skipped, and named by the doctor", async () => {
    origin.on("/k.mp4", file(noise(2_048, "k"), { "content-type": "video/mp4" }));
    const body = kling("k2", `${origin.url}/k.mp4`);
    body.outputs.push({ type: "video", id: "w", url: "https://cdn.klingai.example/w" });
    await vault.deliver(body);
    const job = await vault.settled("k2");
    assert.deepEqual([job.provider, job.status, job.archive], ["kling", "completed", "partial"]);
    assert.deepEqual(job.skipped.map(({ host }) => host), ["cdn.klingai.example"]);
    const [hosts] = await findings(vault, "hosts");
    assert.equal(hosts.status, "warn");
    assert.match(hosts.detail, /cdn\.klingai\.example \(job k2\)/);
  });

  it("asks for the result after a thin event", async () => {
    vault.leaveWork();
    const event = { object: "event", id: "evt_1", type: "response.completed", created_at: 1749529284, data: { id: "resp_1" } };
    assert.equal((await vault.deliver(event)).id, "resp_1");
    const { provider, status } = await vault.job("resp_1");
    assert.deepEqual([provider, status], ["openai", "queued"]);
  });

  it("does not fetch from another row's host", async () => {
    const url = "https://bfldeliveryprod.blob.core.windows.net/a.png";
    await vault.deliver(kling("k3", url));
    const job = await vault.settled("k3");
    assert.deepEqual([job.files.length, job.skipped[0].host], [0, new URL(url).host]);
  });
});
