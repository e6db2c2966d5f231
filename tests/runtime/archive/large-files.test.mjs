// Files of any size are copied and served, and the Worker's memory does not grow with them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { run } from "../support/bytes.mjs";
import { forgetPeak, peak, resident, workerds } from "../support/process.mjs";
import { startUpstream, submit } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const MIB = 1024 * 1024;
/**
 * What a big file may add to the peak of a small one. It is far less than the file, but not zero. The local R2 in the
 * same process leaves garbage as it hashes. A Worker with three lines of JavaScript that pipe to R2 grows as much.
 */
const ALLOWED_GROWTH_MIB = 150;

describe("large files", () => {
  let upstream;
  let vault;
  let pid;
  before(async () => {
    upstream = await startUpstream();
    vault = await startVault({ sources: upstream.sources });
    const pids = workerds();
    assert.equal(pids.length, 1);
    [pid] = pids;
    // The first file pays for everything that is loaded once.
    await pass(MIB);
  });
  after(() => stopAll(upstream, vault));

  /** Archives and serves a file of this size. Returns workerd's memory before, and its peak for each, in MiB. */
  async function pass(size) {
    const before = resident(pid);
    forgetPeak(pid);
    const knobs = { size, previews: 0 };
    const id = await submit(upstream, vault.hookUrl(), { knobs });
    vault.watch(id);
    const job = await eventually(`job ${id} is settled`, async () => {
      // An idle connection may be closed while this process is busy making the file.
      const response = await vault.get(`/jobs/${id}?wait=10&for=settled`).catch(() => undefined);
      const known = response?.status === 200 ? await response.json() : {};
      return known.status === "completed" && known.archive !== "pending" ? known : undefined;
    }, { limitMs: 180_000 });
    const copied = peak(pid);
    const { files: [{ sha256 }] } = await upstream.job(id);
    assert.deepEqual([job.archive, job.files[0].attempts, job.files[0].size], ["stored", 1, size]);
    // Another process reads, because this one makes the next file, and must not slow the reader down.
    const hash = ["-c", 'curl -sSf "$1" | sha256sum', "sh", job.files[0].url];
    const { stdout } = await run("sh", hash);
    assert.equal(stdout.slice(0, 64), sha256);
    return { before, copied, served: peak(pid) };
  }

  for (const [name, size] of [["1 B", 1], ["1 MiB", MIB]]) {
    test(`${name} is served byte for byte`, () => pass(size));
  }

  test("300 MiB are served byte for byte, without memory for them", async (t) => {
    const small = await pass(MIB);
    const big = await pass(300 * MIB);
    const shown = ({ before, copied, served }) => `${before.toFixed(0)} MiB before, `
      + `peak ${copied.toFixed(0)} when copied, ${served.toFixed(0)} when served`;
    t.diagnostic(`workerd with 1 MiB: ${shown(small)}`);
    t.diagnostic(`workerd with 300 MiB: ${shown(big)}`);
    const growth = big.served - small.served;
    t.diagnostic(`growth of the peak: ${growth.toFixed(0)} MiB`);
    assert.ok(growth < ALLOWED_GROWTH_MIB, `workerd grew by ${growth} MiB`);
  });
});
