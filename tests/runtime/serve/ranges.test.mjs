// Parts of stored files, as players and download tools ask for them (RFC 9110 §14).
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { run } from "../support/bytes.mjs";
import { BYTES, ETAG, SIZE } from "../support/samples/stored.mjs";
import { file } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";

describe("a stored file", () => {
  let origin, vault;
  let url;
  before(async () => {
    ({ origin, vault } = await startServed());
    origin.on("/0.mp4", file(BYTES));
    const result = { video: { url: `${origin.url}/0.mp4` } };
    await vault.deliver({ eventType: "completed", jobId: "ranges", ...result });
    url = (await vault.settled("ranges")).files[0].url;
  });
  after(() => stopAll(vault, origin));

  const parts = {
    "bytes=0-0": [0, 0], "bytes=0-": [0, SIZE - 1], "bytes=100-199": [100, 199],
    "bytes=-1": [SIZE - 1, SIZE - 1], "bytes=-500": [SIZE - 500, SIZE - 1],
    "bytes=-1000000": [0, SIZE - 1], "bytes=99990-1000000": [99_990, SIZE - 1],
    "bytes=99999-99999999999999999999": [SIZE - 1, SIZE - 1], "Bytes = 5-6": [5, 6], "bytes=,5-6,": [5, 6],
    // A length of 2^53 panics in the runtime's bindings.
    "bytes=0-9007199254740991": [0, SIZE - 1], "bytes=0-99999999999999999999": [0, SIZE - 1],
  };
  for (const [range, [first, last]] of Object.entries(parts)) {
    test(`is served in part for ${range}`, async () => {
      const response = await fetch(url, { headers: { range } });
      assert.equal(response.status, 206);
      assert.equal(response.headers.get("content-range"), `bytes ${first}-${last}/${SIZE}`);
      assert.equal(response.headers.get("content-length"), String(last - first + 1));
      assert.deepEqual([response.headers.get("etag"), response.headers.get("content-type")],
        [ETAG, "video/mp4"]);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES.subarray(first, last + 1)));
    });
  }

  const beyond = [`bytes=${SIZE}-`, "bytes=100000-100001", "bytes=-0", "bytes=9999999999999999-"];
  for (const range of beyond) {
    test(`has no ${range}`, async () => {
      const response = await fetch(url, { headers: { range } });
      assert.equal(response.headers.get("content-range"), `bytes */${SIZE}`);
      assert.deepEqual([response.status, response.headers.get("content-type")],
        [416, "application/problem+json"]);
      assert.match((await response.json()).detail, /bytes below 100000/);
    });
  }

  for (const range of ["bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,5-6",
    "lines=0-1", "bytes=+1-2"]) {
    test(`is served whole for the unusual range ${range}`, async () => {
      const response = await fetch(url, { headers: { range } });
      assert.deepEqual([response.status, response.headers.get("content-range")], [200, null]);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES));
    });
  }

  const range = "bytes=10-19";
  test("HEAD with a range describes the whole file", async () => {
    const response = await fetch(url, { method: "HEAD", headers: { range } });
    const length = response.headers.get("content-length");
    assert.deepEqual([response.status, length], [200, String(SIZE)]);
  });

  test("that is empty has no first byte, and its end is the whole file", async () => {
    origin.on("/empty.mp4", file(Buffer.alloc(0)));
    const result = { url: `${origin.url}/empty.mp4` };
    await vault.deliver({ eventType: "completed", jobId: "empty", ...result });
    const { files: [empty] } = await vault.settled("empty");
    const ask = (range) => fetch(empty.url, { headers: { range } });
    assert.equal((await ask("bytes=0-")).headers.get("content-range"), "bytes */0");
    for (const range of ["bytes=-5", "x"]) {
      const response = await ask(range);
      assert.deepEqual([response.status, await response.text()], [200, ""], range);
    }
  });

  test("is served to curl, which resumes", async () => {
    const dir = await mkdtemp(join(tmpdir(), "hookvault-curl-"));
    try {
      const path = join(dir, "clip.mp4");
      await writeFile(path, BYTES.subarray(0, 33_333));
      const resume = ["-sS", "-f", "-C", "-", "-o", path, "-w", "%{http_code}", url];
      assert.equal((await run("curl", resume)).stdout, "206");
      assert.ok((await readFile(path)).equals(BYTES));
      assert.equal((await run("curl", resume.filter((word) => word !== "-f"))).stdout, "416");
      assert.ok((await readFile(path)).equals(BYTES));
      const { stdout } = await run("curl", ["-sS", "-I", url]);
      assert.match(stdout, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(stdout, /^content-length: 100000\r$/im);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
