// Files inside the result itself, and results with very many files.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { file, noise, PNG } from "../support/servers/origin.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";

const base64 = PNG.toString("base64");

describe("a result", () => {
  let origin, vault;
  before(async () => ({ origin, vault } = await startServed()));
  after(() => stopAll(vault, origin));

  async function archive(id, result) {
    const text = JSON.stringify({ eventType: "completed", jobId: id, ...result });
    assert.equal((await vault.deliver(text)).status, 200);
    return vault.settled(id);
  }

  const svg = `<svg xmlns="http://www.w3.org/2000/svg"><!--${"x".repeat(1_024)}--></svg>`;
  const big = noise(1_048_576);
  const inline = {
    "a data: URI": ["image", { url: `data:image/png;base64,${base64}` }, PNG, "image/png"],
    "a data: URI of 1 MiB": ["big", { url: `data:video/mp4;base64,${big.toString("base64")}` }, big,
      "video/mp4"],
    "a data: URI with parameters": ["audio", { url: `DATA:audio/wav;rate=8000;BASE64,${base64}` },
      PNG, "audio/wav"],
    "a percent-encoded data: URI": ["image",
      { url: `data:image/svg+xml,${encodeURIComponent(svg)}` }, Buffer.from(svg), "image/svg+xml"],
    "bare base64 at data_uri": ["video", { data_uri: base64 }, PNG, "image/png"],
    "bare base64 at another _uri": ["video", { mask_uri: base64 }, PNG, "image/png"],
    "bare base64 at b64_json": ["video", { b64_json: base64 }, PNG, "image/png"],
    "bare base64 without padding": ["video", { data_uri: base64.replace(/=+$/, "") }, PNG,
      "image/png"],
  };
  for (const [n, [name, [key, value, bytes, type]]] of Object.entries(inline).entries()) {
    test(`holds ${name}`, async () => {
      const id = `inline-${n}`;
      const job = await archive(id, { seed: 1, [key]: value });
      const pointer = `/${key}/${Object.keys(value)[0]}`;
      const [found] = job.files;
      assert.deepEqual([job.archive, job.files.length, job.skipped], ["stored", 1, []]);
      const { state, pointers, contentType, size, sourceHost } = found;
      assert.deepEqual([state, pointers, contentType, size, sourceHost],
        ["stored", [pointer], type, bytes.length, null]);
      assert.deepEqual(await digest(found.url),
        { status: 200, size: bytes.length, sha256: sha256(bytes) });
      assert.deepEqual(job.result, { seed: 1, [key]: { [Object.keys(value)[0]]: found.url } });
    });
  }

  test("holds base64 whose slashes are escaped", async () => {
    const text = `{"eventType":"completed","jobId":"slashes","v":{"data_uri":"${
      base64.replaceAll("/", "\\/")}"}}`;
    await vault.deliver(text);
    const job = await vault.settled("slashes");
    assert.equal((await digest(job.files[0].url)).sha256, sha256(PNG));
  });

  test("keeps as text what is short, unknown, or not named as a file", async () => {
    const short = PNG.subarray(0, 768).toString("base64");
    assert.equal(short.length, 1_024);
    const result = {
      atTheLimit: { data_uri: short },
      tiny: { url: "data:image/gif;base64,R0lGODlhAQABAAAAACw=" },
      notSaid: { text: base64 },
      notMedia: { data_uri: noise(2_000).toString("base64") },
      notBase64: { data_uri: `${base64}!` },
      broken: { url: `data:image/png;base64,${base64}%` },
    };
    const job = await archive("text", result);
    assert.deepEqual([job.archive, job.files, job.skipped], ["none", [], []]);
    assert.deepEqual(job.result, result);
  });

  test("holds a file one character over the limit", async () => {
    const job = await archive("over", { v: { data_uri: PNG.subarray(0, 771).toString("base64") } });
    assert.deepEqual([job.files.length, job.files[0].size], [1, 771]);
  });

  test("of more than 500 files keeps 500 and skips the rest as too many", async () => {
    const path = (n) => `/many/${n}.jpg`;
    const count = 503;
    for (let n = 0; n < count; n += 1) origin.on(path(n), file(noise(100, path(n))));
    const results = Array.from({ length: count }, (_, n) => origin.url + path(n));
    const job = await archive("many", { results: [...results, results[0]] });
    assert.equal(job.archive, "partial");
    assert.equal(job.files.length, 500);
    assert.ok(job.files.every(({ state, attempts }) => state === "stored" && attempts === 1));
    assert.deepEqual(job.files[0].pointers, ["/results/0", `/results/${count}`]);
    assert.deepEqual(job.skipped.map(({ pointer, reason }) => [pointer, reason]),
      [500, 501, 502].map((n) => [`/results/${n}`, "too many"]));
    assert.deepEqual(job.result.results.slice(500, 503), results.slice(500));
    assert.equal((await digest(job.files[499].url)).sha256, sha256(noise(100, path(499))));
    assert.equal(origin.requests(path(500)).length, 0);
    assert.equal(origin.requests(path(499)).length, 1);
  });
});
