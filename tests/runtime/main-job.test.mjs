// A job submitted to the queue ends up as a durable record and file.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startUpstream, submit, sha256 } from "./support/upstream.mjs";
import { startVault } from "./support/vault.mjs";

describe("the main job", () => {
  let upstream;
  let vault;
  before(async () => {
    upstream = await startUpstream();
    vault = await startVault({ sources: upstream.sources });
  });
  after(async () => {
    await upstream?.stop();
    await vault?.stop();
  });

  test("today's dialect", async () => {
    const id = await submit(upstream, vault.hookUrl(), { knobs: { size: 1_048_576 } });
    const job = await vault.settled(id);
    vault.watch(id);
    assert.equal(job.archive, "stored");
    const { files } = await upstream.job(id);
    const response = await fetch(job.files[0].url);
    assert.equal(sha256(Buffer.from(await response.arrayBuffer())), files[0].sha256);
  });
});
