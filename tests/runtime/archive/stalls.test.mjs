// Sources that fall silent, and more of them at once than the isolate has memory for.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { chunked, file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startServed } from "../support/vaults/served.mjs";

const SHARED = noise(6 * 1024 * 1024);

/** A step that never answers. */
const silent = () => {};

/** Returns a step that sends only the first half, with or without a length. */
const stalled = (bytes, headers) => (response) => {
  response.writeHead(200, { "content-type": "video/mp4", ...headers });
  response.write(bytes.subarray(0, bytes.length / 2));
};

describe("slow sources", () => {
  let origin, vault;
  before(async () => ({ origin, vault } = await startServed()));
  after(() => stopAll(vault, origin));

  async function checkStored(id, paths, bytes) {
    const { archive, files } = await vault.settled(id);
    assert.equal(archive, "stored");
    for (const [n, path] of paths.entries()) {
      assert.equal((await digest(files[n].url)).sha256, sha256(bytes(path)), path);
    }
    return files;
  }

  const deliver = (id, paths) => vault.deliver({ eventType: "completed", jobId: id,
    results: paths.map((path) => origin.url + path) });

  test("a source that falls silent is given up after a while, and retried", async () => {
    const bytes = (path) => noise(100_000, path);
    const paths = ["/never.mp4", "/half.mp4", "/chunked.mp4"];
    const length = { "content-length": 100_000 };
    origin.on(paths[0], silent, file(bytes(paths[0])));
    origin.on(paths[1], stalled(bytes(paths[1]), length), file(bytes(paths[1])));
    origin.on(paths[2], stalled(bytes(paths[2])), file(bytes(paths[2])));
    await deliver("silent", paths);
    const files = await checkStored("silent", paths, bytes);
    assert.deepEqual(files.map(({ attempts }) => attempts), [2, 2, 2]);
    for (const path of paths) {
      const [first, second] = origin.requests(path).map(({ at }) => at);
      assert.ok(second - first >= 5_000, "five seconds are little enough patience");
    }
    const details = (await vault.events("silent")).map(({ detail }) => detail ?? "").join("\n");
    for (const why of ["does not answer", "takes too long", "has stalled"]) {
      assert.match(details, new RegExp(why));
    }
    assert.equal(await vault.uploadsInProgress(), 0);
  });

  test("twenty bodies without a length at once share the isolate's memory", async () => {
    // On a busy machine they are slow, but none of them has stalled.
    await vault.restart({ RETRY_BASE_MS: "3000" });
    const bytes = () => SHARED;
    const jobs = Array.from({ length: 5 }, (_, job) =>
      Array.from({ length: 4 }, (_, n) => `/shared/${job}-${n}.mp4`));
    for (const path of jobs.flat()) origin.on(path, chunked(SHARED));
    await Promise.all(jobs.map((paths, job) => deliver(`shared-${job}`, paths)));
    for (const [job, paths] of jobs.entries()) {
      const files = await checkStored(`shared-${job}`, paths, bytes);
      assert.deepEqual(files.map(({ attempts }) => attempts), [1, 1, 1, 1], "waiting is no try");
    }
    assert.equal(await vault.uploadsInProgress(), 0);
  });
});
