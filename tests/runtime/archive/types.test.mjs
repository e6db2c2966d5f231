// The type, the checksum and the length of a stored file; each file is copied once.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { file, md5, noise, PNG, presigned, ranged } from "../support/servers/origin.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startServed } from "../support/vaults/served.mjs";

const BYTES = noise(100_000);
const OCTETS = "application/octet-stream";

let origin, vault;
let jobs = 0;
async function start(vars) {
  ({ origin, vault } = await startServed({ vars }));
}
async function stop() {
  await vault?.stop();
  await origin?.stop();
}

/** Archives a file with this name; `beside` has the members beside its URL. */
async function archive(steps, { name = "clip.mp4", beside = {}, signed = "" } = {}) {
  const id = `type-${(jobs += 1)}`;
  const path = `/${id}/${name}`;
  origin.on(path, ...steps);
  await vault.deliver({ eventType: "completed", jobId: id,
    output: { url: origin.url + path + signed, ...beside } });
  return { id, path };
}

async function stored(steps, options) {
  const { id, path } = await archive(steps, options);
  const job = await vault.settled(id);
  assert.equal(job.archive, "stored");
  return { id, file: job.files[0], requests: origin.requests(path) };
}

describe("a stored file's type", () => {
  before(() => start());
  after(stop);

  const octets = { "content-type": OCTETS };
  const zip = Buffer.concat([Buffer.from("PK\x03\x04"), noise(2_000, "zip")]);
  const types = {
    "the source's": [file(BYTES, { "content-type": "audio/mpeg" }), {}, "audio/mpeg"],
    "the source's, even HTML": [file(BYTES, { "content-type": "text/html" }), {}, "text/html"],
    "the result's when the source tells none":
      [file(PNG, octets), { beside: { content_type: "image/webp" } }, "image/webp"],
    "the first bytes' when nobody tells": [ranged(PNG, octets), { name: "x.glb" }, "image/png"],
    "the first bytes' when there is no header": [ranged(PNG, {}), { name: "x" }, "image/png"],
    "the extension's when the bytes are unknown":
      [ranged(BYTES, octets), { name: "x.glb" }, "model/gltf-binary"],
    "the first bytes' when the source knows no ranges":
      [file(PNG, octets), { name: "x.glb" }, "image/png"],
    "the first bytes' when the source says that it is text":
      [file(PNG, { "content-type": "text/plain; charset=utf-8" }), { name: "x.txt" }, "image/png"],
    "text where the bytes show nothing else":
      [file(BYTES, { "content-type": "text/plain" }), { name: "x.obj" }, "text/plain"],
    "what the name says of a container":
      [file(zip, octets), { name: "x.usdz" }, "model/vnd.usdz+zip"],
    "the extension's: .tif": [file(BYTES, octets), { name: "x.tif" }, "image/tiff"],
    "binary/octet-stream, as S3 says": [ranged(PNG, { "content-type": "binary/octet-stream" }),
      { name: "x.bin" }, "image/png"],
    "unknown when nothing tells": [ranged(BYTES, octets), { name: "x" }, OCTETS],
    "that of a short file": [ranged(PNG.subarray(0, 40), octets), { name: "x" }, "image/png"],
  };
  for (const [name, [step, options, type]] of Object.entries(types)) {
    test(name, async () => {
      const { file: { contentType, url, attempts } } = await stored([step], options);
      assert.deepEqual([contentType, attempts], [type, 1]);
      assert.equal((await fetch(url, { method: "HEAD" })).headers.get("content-type"), type);
    });
  }
});

describe("a type that no file has", () => {
  before(() => start());
  after(stop);

  for (const type of ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/unknown", "unknown/unknown", "application/force-download", "application/x-download",
    "application/download", "application/binary", "*/*", "unknown"]) {
    test(`is not taken from the source: ${type}`, async () => {
      const headers = { "content-type": type };
      const seen = await stored([ranged(PNG, headers)], { name: "x.mp4" });
      assert.equal(seen.file.contentType, "image/png");
      const named = await stored([file(BYTES, headers)], { name: "x.mp4" });
      assert.equal(named.file.contentType, "video/mp4");
      const said = await stored([file(PNG, headers)], { beside: { content_type: "image/webp" } });
      assert.equal(said.file.contentType, "image/webp");
    });
  }

  test("is not read to its end if the source knows no ranges", async () => {
    const path = "/endless/x";
    let sent = 0;
    const endless = (response, request) => {
      if (!request.headers.range) return file(PNG, { "content-type": OCTETS })(response);
      response.writeHead(200, { "content-type": OCTETS });
      response.write(PNG);
      const drip = setInterval(() => (sent += response.write("x") ? 1 : 0), 20);
      response.on("close", () => clearInterval(drip));
    };
    origin.on(path, endless);
    await vault.deliver({ eventType: "completed", jobId: "endless", url: origin.url + path });
    const job = await vault.settled("endless");
    assert.deepEqual([job.archive, job.files[0].contentType], ["stored", "image/png"]);
    assert.ok(sent < 100, `${sent} drips`);
  });
});

describe("a stored file's bytes", () => {
  before(() => start());
  after(stop);

  const tagged = (bytes, etag) => file(bytes, { "content-type": "video/mp4", etag });
  const right = `"${md5(BYTES)}"`;

  test("are checked by an entity tag that is their MD5", async () => {
    const { file: { verified, attempts, etag } } = await stored([tagged(BYTES, right)]);
    assert.deepEqual([verified, attempts, etag], [true, 1, md5(BYTES)]);
  });

  for (const etag of [undefined, '"0123-2"', '"v1"', `W/${right}`]) {
    test(`are not checked against the entity tag ${etag}`, async () => {
      const step = etag ? tagged(BYTES, etag) : file(BYTES);
      const { file: { verified, attempts } } = await stored([step]);
      assert.deepEqual([verified, attempts], [false, 1]);
    });
  }

  test("are stored after two refusals of a tag that only looks like an MD5", async () => {
    const { id, file: { verified, attempts, url }, requests } =
      await stored([tagged(BYTES, `"${"0".repeat(32)}"`)]);
    assert.deepEqual([verified, attempts, requests.length], [false, 3, 3]);
    assert.equal((await digest(url)).sha256, sha256(BYTES));
    const [refused] = (await vault.events(id)).filter(({ outcome }) => outcome === "copy");
    assert.match(refused.detail, /MD5/);
  });

  test("are refused while they differ each time: that is damage, not an unusual tag", async () => {
    const damaged = [1, 2, 3, 4].map((n) => tagged(noise(BYTES.length, `damage ${n}`), right));
    const { file: { verified, url } } = await stored([...damaged, tagged(BYTES, right)]);
    assert.equal((await digest(url)).sha256, sha256(BYTES));
    assert.equal(verified, true);
  });

  test("may be empty", async () => {
    const { file: { size, url, state } } = await stored([file(Buffer.alloc(0))]);
    assert.deepEqual([state, size], ["stored", 0]);
    const response = await fetch(url);
    assert.deepEqual([response.status, response.headers.get("content-length")], [200, "0"]);
    assert.equal((await response.arrayBuffer()).byteLength, 0);
  });

  test("are fetched once for two equal URLs, even if each has a signature of its own", async () => {
    const path = "/twice/a.mp4";
    origin.on(path, file(BYTES));
    const sign = (signature) => origin.url + path + presigned({ signature });
    const [one, other] = ["1", "2"].map(sign);
    await vault.deliver({ eventType: "completed", jobId: "twice", a: one, b: [one, { c: other }] });
    const job = await vault.settled("twice");
    assert.equal(origin.requests(path).length, 1);
    assert.deepEqual(job.files.map(({ pointers }) => pointers), [["/a", "/b/0", "/b/1/c"]]);
    const [{ url }] = job.files;
    assert.deepEqual(job.result, { a: url, b: [url, { c: url }] });
  });

  test("of 20 files, more than a run copies, are each fetched once", async () => {
    const paths = Array.from({ length: 20 }, (_, n) => `/twenty/${n}.mp4`);
    for (const path of paths) origin.on(path, file(noise(5_000, path)));
    const results = paths.map((path) => origin.url + path);
    await vault.deliver({ eventType: "completed", jobId: "twenty", results });
    const job = await vault.settled("twenty");
    assert.equal(job.archive, "stored");
    for (const [n, { url, name, attempts }] of job.files.entries()) {
      assert.deepEqual([name, attempts], [`${n}.mp4`, 1]);
      assert.equal((await digest(url)).sha256, sha256(noise(5_000, paths[n])));
      assert.equal(origin.requests(paths[n]).length, 1);
    }
    assert.deepEqual(job.result.results, job.files.map(({ url }) => url));
    assert.equal((await vault.keys("jobs/twenty/")).length, 20);
  });
});

describe("a file that can't be copied", () => {
  before(() => start({ MAX_FILE_BYTES: "50000" }));
  after(async () => {
    vault?.leaveWork();
    await stop();
  });

  test("because it is larger than MAX_FILE_BYTES is lost at once", async () => {
    const { id, path } = await archive([file(BYTES)]);
    const job = await vault.settled(id);
    assert.deepEqual([job.archive, job.files[0].state, job.files[0].attempts], ["lost", "lost", 1]);
    assert.match(job.files[0].error, /100000 bytes, MAX_FILE_BYTES is 50000/);
    assert.equal(origin.requests(path).length, 1);
  });

});
