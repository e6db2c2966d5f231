// Files whose source does not declare their length: sent in chunks, or encoded.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chunked, chunkedCut, file, noise, zipped } from "../support/servers/origin.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startServed } from "../support/vaults/served.mjs";

const MIB = 1_048_576;
const PART = 5 * MIB;
const MAX = 24 * MIB;

describe("a file of unknown length", () => {
  let origin, vault;
  before(async () => ({ origin, vault } = await startServed({ vars: { MAX_FILE_BYTES: String(MAX) } })));
  after(async () => {
    try {
      assert.equal(await vault?.uploadsInProgress(), 0, "an upload is left dangling");
    } finally {
      await vault?.stop();
      await origin?.stop();
    }
  });

  let jobs = 0;
  async function archive(...steps) {
    const id = `unknown-${(jobs += 1)}`;
    origin.on(`/${id}.mp4`, ...steps);
    const url = `${origin.url}/${id}.mp4`;
    await vault.deliver({ eventType: "completed", jobId: id, video: { url } });
    return vault.settled(id);
  }

  async function isStored(job, bytes) {
    const [{ state, size, verified, contentType, url }] = job.files;
    assert.deepEqual([job.archive, state, size], ["stored", "stored", bytes.length]);
    assert.deepEqual([verified, contentType], [false, "video/mp4"]);
    const response = await fetch(url);
    assert.equal(response.headers.get("content-length"), String(bytes.length));
    assert.equal(sha256(Buffer.from(await response.arrayBuffer())), sha256(bytes));
  }

  const sizes = { "nothing": 0, "1 B": 1, "10 kB": 10_000, "a part less one": PART - 1, "a part": PART,
    "a part and one": PART + 1, "all that is allowed": MAX };
  for (const [name, size] of Object.entries(sizes)) {
    test(`is stored whole: ${name}, in chunks`, async () => {
      const bytes = noise(size);
      await isStored(await archive(chunked(bytes)), bytes);
    });
  }

  test("is stored decoded when it comes encoded", async () => {
    for (const bytes of [noise(10_000), noise(PART + 7)]) {
      await isStored(await archive(zipped(bytes)), bytes);
    }
  });

  test("is retried when the source breaks off", async () => {
    const bytes = noise(PART + 10_000);
    const job = await archive(chunkedCut(bytes), chunkedCut(bytes), chunked(bytes));
    await isStored(job, bytes);
    assert.equal(job.files[0].attempts, 3);
  });

  test("is given up when it is too large, and nothing of it is kept", async () => {
    const job = await archive(chunked(noise(MAX + 1)));
    assert.deepEqual([job.archive, job.files[0].state, job.files[0].attempts], ["lost", "lost", 1]);
    assert.match(job.files[0].error, new RegExp(`MAX_FILE_BYTES is ${MAX}`));
    assert.deepEqual(await vault.keys(`jobs/${job.id}/`), []);
    assert.equal((await fetch(job.files[0].url)).status, 410);
  });

  test("does not keep others from being copied", async () => {
    const plain = `${origin.url}/plain.png`;
    origin.on("/plain.png", file(noise(1_000)));
    origin.on("/slow.mp4", chunkedCut(noise(10_000)), chunked(noise(10_000)));
    const result = { image: { url: plain }, video: { url: `${origin.url}/slow.mp4` } };
    await vault.deliver({ eventType: "completed", jobId: "both", ...result });
    const { archive: state, files } = await vault.settled("both");
    assert.deepEqual([state, ...files.map(({ size }) => size)], ["stored", 1_000, 10_000]);
  });
});
