// `hookvault doctor` and `hookvault demo`.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { writeConfig } from "../../../cli/config.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../../runtime/support/vault.mjs";
import { begin, folder, hookvault } from "./support.mjs";

describe("hookvault doctor", () => {
  let vault;
  before(async () => (vault = await startVault({ vars: { UPSTREAM_API_KEY: null } })));
  after(() => vault?.stop());

  it("takes the URL as an argument, and warns with exit code 1", async (t) => {
    const { code, out, err } = await hookvault(["doctor", vault.url], { cwd: folder(t), env: { API_TOKEN } });
    assert.equal(code, 1, out + err);
    assert.match(out, /✔ served[^]*It works; \d+ warnings?\.\n$/);
  });

  it("takes the URL from the folder's settings, and prints a finding a line with --json", async (t) => {
    const cwd = folder(t);
    writeConfig(join(cwd, ".hookvault", "config.json"), { url: vault.url, token: API_TOKEN, hookToken: HOOK_TOKEN });
    const { code, out, err } = await hookvault(["doctor", "--json"], { cwd });
    assert.deepEqual({ code, err }, { code: 1, err: "" });
    const checks = out.trim().split("\n").map((line) => JSON.parse(line));
    assert.ok(checks.some(({ name, status, ms }) => name === "served" && status === "ok" && ms >= 0));
    assert.ok(checks.some(({ status, fix }) => status === "warn" && fix));
  });

  it("ends with 2 for a failure, an unknown token or a missing setting, and names this command", async (t) => {
    const cwd = folder(t);
    const unknown = await hookvault(["doctor", vault.url], { cwd, env: { API_TOKEN: "unknown-token-0123456789" } });
    assert.equal(unknown.code, 2);
    assert.match(unknown.out, /does not accept this token[^]*`node \S+cli\/hookvault\.mjs start` is in \.hookvault\/config\.json/);
    const gone = await hookvault(["doctor", "http://127.0.0.1:1"], { cwd, env: { API_TOKEN } });
    assert.equal(gone.code, 2);
    assert.match(gone.out, /✘ reach[^]*run `node \S+cli\/hookvault\.mjs start`/);
    for (const [args, says] of [[["doctor"], /Which vault\?/], [["doctor", vault.url, "--url", vault.url], /given twice/]]) {
      const { code, err } = await hookvault(args, { cwd });
      assert.equal(code, 2);
      assert.match(err, says);
    }
  });

  it("sends the token of a configuration file to that file's URL only", async (t) => {
    const tokens = [];
    const server = createServer(({ headers }, response) => {
      tokens.push(headers.authorization);
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const cwd = folder(t);
    writeConfig(join(cwd, ".hookvault", "config.json"), { url: vault.url, token: API_TOKEN });
    const { code, err } = await hookvault(["doctor", `http://127.0.0.1:${server.address().port}`], { cwd });
    assert.equal(code, 2);
    assert.match(err, /There is no token for/);
    assert.deepEqual(tokens, []);
  });
});

describe("hookvault demo", () => {
  it("plays a job to the verdict", async (t) => {
    const { code, out, err } = await hookvault(["demo"], { cwd: folder(t) });
    assert.equal(code, 0, out + err);
    assert.match(out, /Verdict: hookvault serves every file byte for byte; the queue's URL is dead\.\n$/);
  });

  it("stops at Ctrl-C with 130", async (t) => {
    const { child, ended } = begin(["demo"], { cwd: folder(t) });
    await once(child.stdout, "data");
    child.kill("SIGINT");
    assert.equal((await ended).code, 130);
  });
});
