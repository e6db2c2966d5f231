// Where a command takes the URL and the token from, and where a token never goes.
import assert from "node:assert/strict";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { writeConfig } from "../../../cli/config.mjs";
import { folder, hookvault } from "./support.mjs";

/** Starts a server that answers with an empty list, and notes the tokens that it gets. */
async function listener(t) {
  const tokens = [];
  const server = createServer(({ headers }, response) => {
    tokens.push(headers.authorization);
    response.setHeader("content-type", "application/json").end(`{"jobs":[],"cursor":null}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, tokens };
}

test("flags win over the environment, and that over the configuration file", async (t) => {
  const [cwd, { url, tokens }] = [folder(t), await listener(t)];
  writeConfig(join(cwd, ".hookvault", "config.json"), { url, token: "of-the-file" });
  writeFileSync(join(cwd, "token"), "of-the-flag\n");
  for (const [args, env] of [
    [["--url", url, "--token-file", "token"], { API_TOKEN: "of-the-environment" }],
    [["--url", url], { API_TOKEN: "of-the-environment,old" }],
    [[], { HOOKVAULT_URL: url, READ_TOKEN: "to-read" }],
    [[], {}],
  ]) {
    const { code, err } = await hookvault(["jobs", ...args], { cwd, env });
    assert.equal(code, 0, err);
  }
  assert.deepEqual(tokens, ["of-the-flag", "of-the-environment", "to-read", "of-the-file"].map((token) => `Bearer ${token}`));
});

test("the file's token goes to the file's URL only", async (t) => {
  const [cwd, mine, other] = [folder(t), await listener(t), await listener(t)];
  writeConfig(join(cwd, ".config", "hookvault", "config.json"), { url: mine.url, token: "of-the-file" });
  for (const [args, env] of [[["--url", other.url], {}], [[], { HOOKVAULT_URL: other.url }]]) {
    const { code, err } = await hookvault(["jobs", ...args], { cwd, env });
    assert.equal(code, 2);
    assert.match(err, /There is no token for .*Set API_TOKEN/);
  }
  assert.equal((await hookvault(["jobs", "--url", `${mine.url}/`], { cwd })).code, 0);
  assert.deepEqual([mine.tokens, other.tokens], [["Bearer of-the-file"], []]);
});

test("a configuration file that others can read is refused", async (t) => {
  const [cwd, { url, tokens }] = [folder(t), await listener(t)];
  const path = join(cwd, ".hookvault", "config.json");
  writeConfig(path, { url, token: "of-the-file" });
  chmodSync(path, 0o640);
  const { code, err } = await hookvault(["jobs"], { cwd });
  assert.equal(code, 2);
  assert.match(err, /open to other users[^]*chmod 600 '.*config\.json'/);
  assert.deepEqual(tokens, []);
});

test("a folder's file sends no token to another machine by itself", async (t) => {
  const cwd = folder(t);
  writeConfig(join(cwd, ".hookvault", "config.json"), { url: "https://vault.example", token: "planted" });
  const { code, err } = await hookvault(["jobs"], { cwd, env: { API_TOKEN: "of-the-environment" } });
  assert.equal(code, 2);
  assert.match(err, /config\.json names https:\/\/vault\.example, which is not on this machine.*give --config '/);
});

test("wrong use ends with 2 and says what to write", async (t) => {
  const cwd = folder(t);
  for (const [args, env, says] of [
    [["jobs"], {}, /Which vault\? Set HOOKVAULT_URL/],
    [["jobs", "--url", "vault.example"], { API_TOKEN: "x" }, /--url https:\/\/vault\.example/],
    [["jobs", "--limit", "0"], { HOOKVAULT_URL: "http://localhost:1", API_TOKEN: "x" }, /--limit is "0": a whole number/],
    [["jobs", "--url", "http://localhost:1", "--token-file", "none"], {}, /token's file can't be read/],
    [["jobs", "--colour"], {}, /unknown option '--colour'/],
    [["job"], {}, /unknown command|missing required argument/],
  ]) {
    const { code, err } = await hookvault(args, { cwd, env });
    assert.equal(code, 2, err);
    assert.match(err, says);
  }
});

test("an unreachable vault is reported in a word", async (t) => {
  const { code, err } = await hookvault(["jobs"], { cwd: folder(t), env: { HOOKVAULT_URL: "http://127.0.0.1:1", API_TOKEN: "x" } });
  assert.equal(code, 1);
  assert.match(err, /^hookvault does not answer: .+\.\n$/);
});

test("a file or a broken link in the place of the folder is reported in words", async (t) => {
  for (const put of [(path) => writeFileSync(path, ""), (path) => symlinkSync(join(path, "nowhere"), path)]) {
    const cwd = folder(t);
    put(join(cwd, ".hookvault"));
    const { code, err } = await hookvault(["start"], { cwd });
    assert.equal(code, 1);
    assert.match(err, /^\S+\.hookvault can't be made a folder to write in: [^\n]+ Move what is there away, or run this in another folder\.\n$/);
  }
});
