// Stored files: what is told of them, and who gets them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "./support/bytes.mjs";
import { file, held, md5, noise, presigned, startOrigin, status } from "./support/origin.mjs";
import { freePort } from "./support/process.mjs";
import { startVault } from "./support/vault.mjs";
import { sha256 } from "./support/upstream.mjs";

const BYTES = noise(100_000);
const SIZE = BYTES.length;
const ETAG = `"${md5(BYTES)}"`;

describe("a stored file", () => {
  let origin;
  let vault;
  let url;
  before(async () => {
    origin = await startOrigin();
    const port = await freePort();
    vault = await startVault({ sources: origin.url, change: (options) => ({ ...options, port }) });
    url = (await archive("file", [[file(BYTES)]])).files[0].url;
  });
  after(async () => {
    await vault?.stop();
    await origin?.stop();
  });

  async function deliver(id, scripts, query = "") {
    const results = scripts.map((steps, n) => {
      origin.on(`/${id}/${n}.mp4`, ...steps);
      return `${origin.url}/${id}/${n}.mp4${query}`;
    });
    await vault.deliver({ eventType: "completed", jobId: id, results });
    return vault.job(id);
  }
  async function archive(id, scripts, query) {
    await deliver(id, scripts, query);
    return vault.settled(id);
  }

  const problem = async (response, code) => {
    assert.deepEqual([response.status, response.headers.get("content-type")],
      [code, "application/problem+json"]);
    return response.json();
  };

  for (const method of ["GET", "HEAD"]) {
    test(`${method} tells what it is`, async () => {
      const response = await fetch(url, { method });
      assert.equal(response.status, 200);
      const told = Object.fromEntries(response.headers);
      const expected = {
        "content-type": "video/mp4",
        "content-length": String(SIZE),
        "etag": ETAG,
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=86400, no-transform",
        "x-content-type-options": "nosniff",
        "content-disposition": 'inline; filename="0.mp4"',
      };
      for (const [name, value] of Object.entries(expected)) assert.equal(told[name], value, name);
      assert.equal(told["content-security-policy"], undefined);
      const body = Buffer.from(await response.arrayBuffer());
      assert.ok(body.equals(method === "GET" ? BYTES : Buffer.alloc(0)));
    });
  }

  test("is saved under its name with ?download", async () => {
    const { headers } = await fetch(`${url}?download`, { method: "HEAD" });
    assert.equal(headers.get("content-disposition"), 'attachment; filename="0.mp4"');
  });

  for (const type of ["text/html", "text/html; charset=utf-8", "image/svg+xml", "text/xml"]) {
    test(`of type ${type} can run no script`, async () => {
      const id = `risky-${type.replace(/\W/g, "-")}`;
      const step = file(Buffer.from("<script>alert(1)</script>"), { "content-type": type });
      const { headers } = await fetch((await archive(id, [[step]])).files[0].url);
      assert.equal(headers.get("content-type"), type);
      assert.match(headers.get("content-disposition"), /^attachment;/);
      assert.match(headers.get("content-security-policy"), /^sandbox;/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
    });
  }

  test("has a short link, and no other that is near", async () => {
    const [, id, nonce] = /\/files\/([^/]+)\/([0-9a-f]{32})\/0-0\.mp4$/.exec(url);
    const at = (path) => fetch(`${vault.url}/files/${path}`);
    assert.equal((await digest(`${vault.url}/files/${id}/${nonce}/0`)).sha256, sha256(BYTES));
    const wrong = nonce.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    const paths = [`${id}/${wrong}/0-0.mp4`, `${id}/${wrong}/0`, `${id}/${nonce}/1`,
      `${id}/${nonce}/1-0.mp4`, `${id}/${nonce}/0-1.mp4`, `nobody/${nonce}/0`,
      `nobody/${nonce}/0-0.mp4`, `${id}/${nonce}`, `${id}/${nonce.toUpperCase()}/0-0.mp4`,
      `${id}/${nonce}/0-..%2f0-0.mp4`, `${id}/${nonce}/-1`, `${id}/${nonce}/0/0`];
    for (const path of paths) {
      const response = await at(path);
      assert.equal(response.status, 404, path);
      await response.arrayBuffer();
    }
    assert.equal((await fetch(url, { method: "POST" })).status, 405);
  });

  test("that is still being copied is not ready, and one that is lost is gone", async () => {
    const { step, release } = held(BYTES);
    const pending = await deliver("pending", [[step]]);
    for (const link of [pending.files[0].url, pending.files[0].url.replace("0-0.mp4", "0")]) {
      const early = await fetch(link);
      assert.match(early.headers.get("retry-after"), /^[1-9]\d*$/);
      await problem(early, 503);
    }
    release();
    await vault.settled("pending");
    const dead = presigned({ ago: 7_200, lifetime: 3_600 });
    const { files: [lost] } = await archive("lost", [[status(404)]], dead);
    assert.match((await problem(await fetch(lost.url), 410)).detail, /can't be had/);
    assert.equal((await fetch(lost.url, { method: "HEAD" })).status, 410);
  });

  test("is there after a restart", async () => {
    await vault.restart();
    assert.equal((await digest(url)).sha256, sha256(BYTES));
  });
});
