// wasm-bindgen as it is published: the right version is accepted, and a slow server is not waited for.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { download } from "../../tools/setup/bindgen.mjs";
import { lockedVersion } from "../../tools/setup/project.mjs";

const VERSION = lockedVersion("wasm-bindgen");

let dir;
let server;
let answer;
let asked;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "hookvault-bindgen-"));
  server = createServer((request, response) => answer((asked = request.url), response)).listen(0, "127.0.0.1");
  await once(server, "listening");
});

after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});

const fetched = () => download(`http://127.0.0.1:${server.address().port}`, join(dir, "wasm-bindgen"));

/** Makes an archive like GitHub's, with a program that reports this version. */
function archive(path, version) {
  const name = basename(path, ".tar.gz");
  mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(join(dir, name, "wasm-bindgen"), `#!/bin/sh\necho wasm-bindgen ${version}\n`, { mode: 0o755 });
  const bytes = execFileSync("tar", ["-czf", "-", "-C", dir, name]);
  rmSync(join(dir, name), { recursive: true });
  return bytes;
}

test("it comes from the release's archive for this machine", async () => {
  answer = (path, response) => response.end(archive(path, VERSION));
  assert.equal(await fetched(), true);
  assert.match(asked, new RegExp(`^/${VERSION}/wasm-bindgen-${VERSION}-(x86_64|aarch64)-(unknown-linux-musl|apple-darwin)\\.tar\\.gz$`));
  assert.match(readFileSync(join(dir, "wasm-bindgen"), "utf8"), new RegExp(VERSION));
});

const USELESS = {
  "another version": (path, response) => response.end(archive(path, "0.2.1")),
  "no archive": (_, response) => response.end("<html>"),
  "an error": (_, response) => response.writeHead(404).end(),
  "no answer": () => {},
  "a cut connection": (_, response) => response.destroy(),
};

for (const [what, said] of Object.entries(USELESS)) {
  test(`${what} is not installed`, async () => {
    rmSync(join(dir, "wasm-bindgen"), { force: true });
    answer = said;
    assert.equal(await fetched(), false);
    assert.deepEqual(readdirSync(dir), []);
  });
}
