// Files whose source names a content coding, or something else in its place. The stored file is one that a
// client can use, and so is the file that is read through before.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { file, noise, PNG, ranged, status } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const VIDEO = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom\0\0\0\0isom", "latin1"), noise(5_000)]);
const TEXT = Buffer.from(JSON.stringify({ a: "x".repeat(3_000) }));
const PART = 5 * 1_048_576;

/** Values that are not a coding, or that do not change the bytes. */
const PLAIN = ["aws-chunked", "AWS-Chunked", "aws-chunked,", "identity, aws-chunked", "utf-8", "UTF-8",
  "base64", "binary", "none", "8bit", "null", "iso-8859-1", "video/mp4"];
/** The header, the file, and what the source sends for it. */
const CODED = [
  ["gzip", TEXT, gzipSync(TEXT)],
  ["GZIP", TEXT, gzipSync(TEXT)],
  ["x-gzip", TEXT, gzipSync(TEXT)],
  ["gzip, aws-chunked", TEXT, gzipSync(TEXT)],
  ["aws-chunked,gzip", TEXT, gzipSync(TEXT)],
  ["utf-8, gzip", TEXT, gzipSync(TEXT)],
  ["deflate", TEXT, deflateSync(TEXT)],
  ["deflate, gzip", TEXT, gzipSync(deflateSync(TEXT))],
  ["br", TEXT, brotliCompressSync(TEXT)],
  ["br, aws-chunked", TEXT, brotliCompressSync(TEXT)],
  ["zstd", TEXT, zstdCompressSync(TEXT)],
];
/** Codings that the bytes contradict. */
const BELIED = ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, aws-chunked"].map((coding) => [coding, VIDEO]);
const LARGE = noise(PART + 7);

/** Returns what a client reads; this test's fetch does not know zstd. */
async function read(response) {
  const bytes = Buffer.from(await response.arrayBuffer());
  return response.headers.get("content-encoding") === "zstd" ? zstdDecompressSync(bytes) : bytes;
}

describe("a file whose source names a coding", () => {
  let origin, vault;
  let jobs = 0;
  before(async () => ({ origin, vault } = await startServed()));
  after(() => stopAll(vault, origin));

  async function archive(step, name) {
    const id = `coded-${(jobs += 1)}`;
    const path = `/${id}/${name}`;
    origin.on(path, step);
    await vault.deliver({ eventType: "completed", jobId: id, url: origin.url + path });
    const job = await vault.settled(id);
    assert.deepEqual([job.archive, job.files[0].attempts], ["stored", 1], job.files[0].error);
    return { ...job.files[0], requests: origin.requests(path) };
  }
  const coded = (bytes, coding, type) => file(bytes, { "content-type": type, "content-encoding": coding });

  for (const coding of PLAIN) {
    test(`that is not a coding is stored as it is, with one request: ${coding}`, async () => {
      const { url, size, requests } = await archive(coded(VIDEO, coding, "video/mp4"), "a.mp4");
      assert.deepEqual([size, requests.length], [VIDEO.length, 1]);
      const response = await fetch(url);
      assert.equal(response.headers.get("content-encoding"), null);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(VIDEO));
    });
  }

  for (const [coding, whole, sent] of [...CODED, ["x-gzip", LARGE, gzipSync(LARGE)]]) {
    test(`is decoded for a client: ${coding}, ${whole.length} B`, async () => {
      const { url } = await archive(coded(sent, coding, "application/json"), "a.json");
      assert.ok((await read(await fetch(url))).equals(whole));
    });
  }

  for (const [coding, bytes] of BELIED) {
    test(`is stored as it is when its bytes are plain: ${coding}`, async () => {
      const { url, size } = await archive(coded(bytes, coding, "video/mp4"), "a.mp4");
      assert.equal(size, bytes.length);
      assert.ok(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes));
    });
  }

  test("has the type of its decoded bytes", async () => {
    for (const step of [
      coded(gzipSync(PNG), "gzip", "application/octet-stream"),
      coded(gzipSync(PNG), "x-gzip", "application/octet-stream"),
      ranged(gzipSync(PNG), { "content-encoding": "gzip", "content-type": "application/octet-stream" }),
    ]) {
      const { contentType, url } = await archive(step, "x");
      assert.equal(contentType, "image/png");
      assert.ok(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(PNG));
    }
  });
});

describe("a file that is read through from a source that names a coding", () => {
  let origin, vault;
  let jobs = 0;
  before(async () => {
    ({ origin, vault } = await startServed({ vars: { RETRY_BASE_MS: "60000" } }));
    vault.leaveWork();
  });
  after(() => stopAll(vault, origin));

  /** Returns the link of a file whose first copy has failed; the source answers with `step` next. */
  async function pending(step) {
    const [id, path] = [`live-${(jobs += 1)}`, `/${jobs}/a.bin`];
    origin.on(path, status(503), step);
    await vault.deliver({ eventType: "completed", jobId: id, url: origin.url + path });
    return eventually("the first try has failed", async () => {
      const { files: [{ attempts, url }] } = await vault.job(id);
      return attempts > 0 ? url : undefined;
    });
  }
  const headers = (coding) => ({ "content-type": "video/mp4", "content-encoding": coding });

  for (const coding of PLAIN) {
    test(`is served whole and in part when it is not a coding: ${coding}`, async () => {
      const url = await pending(ranged(VIDEO, headers(coding)));
      const whole = await fetch(url);
      assert.equal(whole.headers.get("content-length"), String(VIDEO.length));
      assert.ok(Buffer.from(await whole.arrayBuffer()).equals(VIDEO));
      const part = await fetch(url, { headers: { range: "bytes=10-19" } });
      assert.equal(part.status, 206);
      assert.ok(Buffer.from(await part.arrayBuffer()).equals(VIDEO.subarray(10, 20)));
    });
  }

  for (const [coding, whole, sent] of CODED) {
    test(`is served as the file: ${coding}`, async () => {
      const url = await pending(ranged(sent, headers(coding)));
      const response = await fetch(url);
      assert.equal(response.status, 200);
      assert.ok((await read(response)).equals(whole));
      // A range counts the bytes that are sent, so a body that is decoded on the way has none.
      const part = await fetch(url, { headers: { range: "bytes=0-9" } });
      if (part.status === 200) assert.ok(Buffer.from(await part.arrayBuffer()).equals(whole));
      else assert.deepEqual([part.status, part.headers.get("content-encoding")], [206, coding.split(",")[0]]);
    });
  }

  for (const [coding, bytes] of BELIED) {
    test(`is served whole and in part when the bytes are plain: ${coding}`, async () => {
      const url = await pending(ranged(bytes, headers(coding)));
      assert.ok(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes));
      const part = await fetch(url, { headers: { range: "bytes=10-19" } });
      assert.equal(part.status, 206);
      assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20)));
    });
  }
});
