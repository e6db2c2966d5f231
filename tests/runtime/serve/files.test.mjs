// Stored files: their headers, and who gets them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { BYTES, ETAG, SIZE } from "../support/samples/stored.mjs";
import { file, presigned, status } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startServed, steady } from "../support/vaults/served.mjs";

describe("a stored file", () => {
  let origin, vault;
  let url;
  before(async () => {
    ({ origin, vault } = await startServed({ change: await steady() }));
    url = (await archive("file", [[file(BYTES)]])).files[0].url;
  });
  after(() => stopAll(vault, origin));

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

  test("GET and HEAD describe it", async () => {
    const [{ storedAt }, response] = [await vault.job("file"), await fetch(url)];
    const { date: _, connection: _c, "keep-alive": _k, "last-modified": modified, ...told } =
      Object.fromEntries(response.headers);
    assert.equal(response.status, 200);
    assert.deepEqual(told, {
      "content-type": "video/mp4",
      "content-length": String(SIZE),
      "etag": ETAG,
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=86400, no-transform",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "cross-origin",
      "content-disposition": 'inline; filename="0.mp4"',
    });
    assert.equal(new Date(modified).toUTCString(), modified);
    assert.ok(Math.abs(Date.parse(modified) - storedAt) < 60_000, modified);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES));
    const head = await fetch(url, { method: "HEAD" });
    const { date: _d, connection: _e, "keep-alive": _f, ...same } = Object.fromEntries(head.headers);
    assert.deepEqual([head.status, same], [200, { ...told, "last-modified": modified }]);
    assert.equal(await head.text(), "");
  });

  for (const query of ["?download", "?download=1", "?download=true&x=y", "?x=y&download="]) {
    test(`is saved under its name with ${query}`, async () => {
      const { headers } = await fetch(url + query, { method: "HEAD" });
      assert.equal(headers.get("content-disposition"), 'attachment; filename="0.mp4"');
    });
  }

  test("accepts no other value of ?download", async () => {
    for (const value of ["0", "false", "a.mp4"]) {
      const { detail } = await problem(await fetch(`${url}?download=${value}`), 400);
      assert.match(detail, new RegExp(`"${value}"`));
    }
  });

  const written = {
    "größe 1.mp4": ["gr__e_1.mp4", "gr%C3%B6%C3%9Fe%201.mp4"],
    "猫'(1).mp4": ["__1_.mp4", "%E7%8C%AB%27%281%29.mp4"],
    'a"b;c=d.mp4': ["a_b_c_d.mp4", "a_b%3Bc%3Dd.mp4"],
    "a\r\nset-cookie: x.mp4": ["a__set-cookie__x.mp4", "a__set-cookie_%20x.mp4"],
    "..\\..\\etc.mp4": ["_.._etc.mp4", undefined],
    "photo\u202e4pm.mp4": ["photo_4pm.mp4", undefined],
  };
  for (const [n, [name, [plain, title]]] of Object.entries(written).entries()) {
    test(`is saved under its own name: ${JSON.stringify(name)}`, async () => {
      const path = `/named/${n}/${encodeURIComponent(name)}`;
      origin.on(path, file(BYTES));
      const results = [origin.url + path];
      await vault.deliver({ eventType: "completed", jobId: `named-${n}`, results });
      const { files: [{ url: named }] } = await vault.settled(`named-${n}`);
      const { headers } = await fetch(named, { method: "HEAD" });
      const [told, rest] = headers.get("content-disposition").split("; filename*=UTF-8''");
      assert.match(told, /^inline; filename="[\w.-]+"$/);
      if (plain.startsWith("gr")) assert.equal(told, `inline; filename="${plain}"`);
      assert.equal(rest, title);
    });
  }

  const attachment = (name) => `attachment; filename="${name}"`;
  const query = (key, name) => `?${key}=${encodeURIComponent(attachment(name))}&X-Amz-Signature=x`;
  const octets = { "content-type": "application/octet-stream" };
  const video = { "content-type": "video/mp4" };
  /** The URL's end, the source's headers, what is beside the URL, and the names under which the file is saved. */
  const senders = {
    "the sender's name": ["xyz", video, { file_name: "my pic.mp4" }, ["my_pic.mp4", "my%20pic.mp4"]],
    "the sender's name, completed": ["xyz", video, { file_name: "my pic" }, ["my_pic.mp4", "my%20pic.mp4"]],
    "the sender's name before the URL's": [`abc.mp4${query("rscd", "b.mp4")}`, video, { file_name: "c.mp4" },
      ["c.mp4", "c.mp4"]],
    "an empty sender's name: the URL's": ["xyz.mp4", video, { file_name: " " }, ["xyz.mp4"]],
    "a hostile sender's name": ["xyz", video, { file_name: '../a\r\nb"; x=\u202e4pm.exe' },
      ["_a__b___x__4pm.exe.mp4", "_a__b_%3B%20x%3D_4pm.exe.mp4"]],
    "the name in a presigned query": [`3f2c${query("response-content-disposition", "My Clip.mp4")}`, video, {},
      ["My_Clip.mp4", "My%20Clip.mp4"]],
    "the name in Azure's": [`3f2c${query("rscd", "größe.mp4")}`, video, {}, ["gr__e.mp4", "gr%C3%B6%C3%9Fe.mp4"]],
    "the name in the source's answer": ["3f2c", { ...video, "content-disposition": attachment("Z 1.mp4") }, {},
      ["Z_1.mp4", "Z%201.mp4"]],
    "the URL's name before the answer's": ["u.mp4", { ...video, "content-disposition": attachment("z.mp4") }, {},
      ["u.mp4"]],
    "no name at all": ["3f2c", video, {}, ["3f2c.mp4"]],
    "a vague extension": ["3f2c.bin", video, {}, ["3f2c.mp4"]],
    "what is unknown": ["3f2c.ckpt", octets, {}, ["3f2c.ckpt"]],
  };
  for (const [n, [what, [end, headers, beside, names]]] of Object.entries(senders).entries()) {
    test(`is saved under its sender's name: ${what}`, async () => {
      const path = `/sender/${n}/${end.split("?")[0]}`;
      origin.on(path, file(BYTES, headers));
      const image = { url: `${origin.url}/sender/${n}/${end}`, ...beside };
      await vault.deliver({ eventType: "completed", jobId: `sender-${n}`, images: [image] });
      const { files: [{ url: durable }] } = await vault.settled(`sender-${n}`);
      assert.ok(durable.endsWith(`/0-${end.split("?")[0]}`), durable);
      const response = await fetch(`${durable}?download`, { method: "HEAD" });
      const told = response.headers.get("content-disposition").split("; filename*=UTF-8''");
      assert.deepEqual(told, [attachment(names[0]), ...names.slice(1)]);
    });
  }

  for (const type of ["text/html", "text/html; charset=utf-8", "image/svg+xml", "text/xml",
    "application/xhtml+xml", "application/xml", "text/javascript",
    "application/x-anything"]) {
    test(`of type ${type} can run no script`, async () => {
      const id = `risky-${type.replace(/\W/g, "-")}`;
      const step = file(Buffer.from("<script>alert(1)</script>"), { "content-type": type });
      const { headers } = await fetch((await archive(id, [[step]])).files[0].url);
      assert.equal(headers.get("content-type"), type);
      assert.match(headers.get("content-disposition"), /^attachment;/);
      assert.equal(headers.get("content-security-policy"), "sandbox; default-src 'none'");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
    });
  }

  test("has a short link, and no similar one works", async () => {
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

  test("that is lost gives 410", async () => {
    const dead = presigned({ ago: 7_200, lifetime: 3_600 });
    const { files: [lost] } = await archive("lost", [[status(404)]], dead);
    for (const link of [lost.url, lost.url.replace("0-0.mp4", "0")]) {
      assert.match((await problem(await fetch(link), 410)).detail, /is lost/);
      assert.equal((await fetch(link, { method: "HEAD" })).status, 410);
    }
  });

  test("is there after a restart", async () => {
    await vault.restart();
    assert.equal((await digest(url)).sha256, sha256(BYTES));
  });
});
