// How many subrequests one run of the alarm makes: the free plan allows 50.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { counted, forget, tally } from "../../../tools/workerd/counted.mjs";
import { file, noise, redirect } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";

const FILES = 40;
const MOST = 45;
/** On a busy machine a run outlasts the tests' quick watchdog, and the next one would try its files a second time. */
const PACE = { RETRY_BASE_MS: "250" };

async function copy({ origin, vault }, id, paths) {
  const results = paths.map((path) => origin.url + path);
  await forget(vault);
  await vault.deliver({ eventType: "completed", jobId: id, results });
  const { archive, files } = await vault.settled(id);
  assert.equal(archive, "stored");
  assert.ok(files.every(({ attempts }) => attempts === 1), "what waited for a run was no try");
  const ofJobs = (await tally(vault)).runs.filter(({ who }) => who === "Job");
  return ofJobs.map(({ subrequests }) => subrequests);
}

/** Makes files of which each takes three fetches, three more for the first bytes, and the put. */
function dear(origin, count) {
  const paths = Array.from({ length: count }, (_, n) => `/dear/${n}`);
  for (const path of paths) {
    const vague = file(noise(100, path), { "content-type": "application/octet-stream" });
    origin.on(path, redirect(`${path}/a`));
    origin.on(`${path}/a`, redirect(`${path}/b`));
    origin.on(`${path}/b`, vague);
  }
  return paths;
}

describe("a run", () => {
  let origin, vault;
  before(async () => ({ origin, vault } = await startServed({ change: counted, vars: PACE })));
  after(() => stopAll(vault, origin));

  test("copies sixteen plain files, two subrequests each", async () => {
    const paths = Array.from({ length: FILES }, (_, n) => `/plain/${n}.mp4`);
    for (const path of paths) origin.on(path, file(noise(100, path)));
    const counts = await copy({ origin, vault }, "plain", paths);
    assert.ok(Math.max(...counts) <= MOST && Math.max(...counts) >= 32, `${counts}`);
    assert.ok(counts.length >= 3, `${counts}`);
  });

  test("stays within its subrequests when redirects and vague types make files costly", async () => {
    const counts = await copy({ origin, vault }, "dear", dear(origin, FILES));
    assert.ok(Math.max(...counts) <= MOST && Math.max(...counts) > 30, `${counts}`);
    const made = counts.reduce((sum, count) => sum + count, 0);
    assert.ok(made >= FILES * 7, "three fetches, three for the first bytes, the put");
  });
});

test("a run copies sixteen costly files if MAX_SUBREQUESTS allows it", async () => {
  const { origin, vault } = await startServed({ change: counted, vars: { MAX_SUBREQUESTS: "200", ...PACE } });
  try {
    const counts = await copy({ origin, vault }, "paid", dear(origin, 16));
    assert.ok(Math.max(...counts) >= 16 * 7 && Math.max(...counts) <= 200, `${counts}`);
  } finally {
    await stopAll(vault, origin);
  }
});
