// Jobs survive interruptions of their submission.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { call } from "../support/calls.mjs";
import { startHolder } from "../support/servers/holder.mjs";
import { stopAll } from "../support/stop.mjs";
import { askable, sha256, startUpstream } from "../support/servers/upstream.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const APP = "wan22-fast-t2v";
const BIG = "196619188014358660";
let upstream, holder, vault;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 4_096 } });
  holder = await startHolder(upstream.url);
  vault = await startVault({ sources: upstream.sources, vars: { ...askable(holder.url), RETRY_BASE_MS: "200" } });
  vault.expectErrors(/disconnected|interrupted/i);
});
after(() => stopAll(vault, holder, upstream));

const jobs = async () => (await (await fetch(`${upstream.url}/_sim/jobs`)).json()).jobs.map(({ id }) => id);
const submit = (more) => call(vault, "POST", `/queue/${APP}`, more);

/** Starts a submission that the upstream has accepted but not answered, and returns its id there. */
async function halfway(prompt, signal) {
  const before = await jobs();
  holder.hold();
  const running = submit({ body: { prompt }, signal });
  await eventually("the upstream has the job", () => holder.held() || undefined);
  const [id] = (await jobs()).filter((known) => !before.includes(known));
  return { id, running };
}

describe("a job", () => {
  it("whose client leaves before the answer still ends", async () => {
    const leaving = new AbortController();
    const { id, running } = await halfway("leaves", leaving.signal);
    leaving.abort();
    await assert.rejects(running, { name: "AbortError" });
    holder.release();
    vault.watch(id);
    const job = await vault.settled(id);
    assert.deepEqual([job.status, job.archive, job.input], ["completed", "stored", { prompt: "leaves" }]);
    assert.equal((await call(vault, "GET", `/queue/${APP}/requests/${id}/status`)).json.status, "COMPLETED");
  });

  it("whose vault is killed before the answer gets its deliveries through the capability", async () => {
    await upstream.setKnobs({ webhook: { lose: ["acquired", "completed"] } });
    const { id, running } = await halfway("killed");
    const refused = assert.rejects(running);
    await vault.kill();
    await refused;
    holder.release();
    await upstream.setKnobs({ webhook: { lose: [] } });
    await upstream.idle();
    // The lost webhook arrives now, at the URL that the upstream got.
    const { submission } = await upstream.job(id);
    const hook = new URL(submission.url, "http://x").searchParams.get("fal_webhook");
    const body = { eventType: "completed", jobId: id, ...JSON.parse(await upstream.result(id)) };
    const delivered = await vault.post(hook, JSON.stringify(body));
    assert.equal(delivered.status, 200);
    // The id was in the answer that no one has read, so the vault does not believe the body's id.
    const { id: name } = await delivered.json();
    assert.match(name, /^ref:gw-/);
    vault.watch(name);
    const job = await vault.settled(name);
    assert.deepEqual([job.id, job.status, job.archive, job.input], [name, "completed", "stored", { prompt: "killed" }]);
    assert.ok((await vault.events(name)).some(({ detail }) => detail?.includes(`the body names job ${id}`)));
    assert.equal((await vault.get(`/jobs/${id}`)).status, 404);
    // For an id that the vault does not know, the queue still answers.
    const result = await call(vault, "GET", `/queue/${APP}/requests/${id}`);
    assert.equal(result.status, 200);
  });

  it("whose URLs expire before they are copied gets fresh ones", async () => {
    const knobs = { expiresIn: 1, webhook: { delayMs: { completed: 2_500 } } };
    const { json: { request_id: id } } = await submit({ body: { prompt: "late", _sim: knobs } });
    vault.watch(id);
    const job = await vault.settled(id);
    assert.equal(job.archive, "stored");
    const { files: [{ sha256: want }] } = await upstream.job(id);
    assert.equal(sha256(Buffer.from(await (await fetch(job.files[0].url)).arrayBuffer())), want);
  });

  it("keeps a seed past 2^53 from its input to its result, for both kinds of clients", async () => {
    const { json: { request_id: id } } = await submit({ body: `{"prompt":"x","seed":${BIG}}` });
    vault.watch(id);
    await vault.settled(id);
    assert.equal((await upstream.job(id)).seed, BIG);
    assert.match(await (await vault.get(`/jobs/${id}?wait=0`)).text(), new RegExp(`"input":\\{"prompt":"x","seed":${BIG}\\}`));
    for (const scheme of ["Bearer", "Key"]) {
      const { text } = await call(vault, "GET", `/queue/${APP}/requests/${id}`, { scheme });
      assert.match(text, new RegExp(`"seed":\\s*${BIG}\\b`));
    }
  });
});
