// `hookvault login`: where the token goes, and what is saved.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { writeConfig } from "../../../cli/config.mjs";
import { inRoot } from "../../../tools/setup/project.mjs";
import { listen } from "../../runtime/support/servers/listen.mjs";
import { stopAll } from "../../runtime/support/stop.mjs";
import { API_TOKEN, READ_TOKEN, startVault } from "../../runtime/support/vault.mjs";
import { folder, hookvault } from "./support.mjs";

/** Types a text as soon as there is a prompt, and prints what the terminal shows and the exit code. */
const TYPIST = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:-1])
shown, typed = b"", False
while True:
    try:
        data = os.read(fd, 1024)
    except OSError:
        break
    if not data:
        break
    shown += data
    if not typed and b"(not shown): " in shown:
        os.write(fd, sys.argv[-1].encode())
        typed = True
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

let vault;
before(async () => {
  vault = await startVault({ vars: { READ_TOKEN } });
});
after(() => stopAll(vault));

const saved = (cwd) => join(cwd, ".config", "hookvault", "config.json");
const read = (cwd) => JSON.parse(readFileSync(saved(cwd), "utf8"));

test("saves the token for this user alone, and says what it may do", async (t) => {
  const cwd = folder(t);
  const { code, out, err } = await hookvault(["login", `${vault.url}/`], { cwd, input: `${API_TOKEN}\n` });
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /are saved in .*config\.json\.\nThis token may do everything: it is an API_TOKEN\.\n$/);
  assert.ok(!out.includes(API_TOKEN));
  assert.deepEqual(read(cwd), { url: vault.url, token: API_TOKEN });
  assert.equal(statSync(saved(cwd)).mode & 0o777, 0o600);
  assert.equal((await hookvault(["jobs"], { cwd })).code, 0, "the other commands find it");
  const again = await hookvault(["login", vault.url, "--json"], { cwd, input: READ_TOKEN });
  assert.deepEqual(JSON.parse(again.out), { url: vault.url, access: "read", path: saved(cwd) });
  assert.equal(read(cwd).token, READ_TOKEN);
});

test("keeps nothing of another vault, and names a file that comes first", async (t) => {
  const cwd = folder(t);
  for (const [url, kept] of [["https://other.example", undefined], [vault.url, "hook"]]) {
    writeConfig(saved(cwd), { url, token: "old", hookToken: "hook" });
    assert.equal((await hookvault(["login", vault.url], { cwd, input: API_TOKEN })).code, 0);
    assert.equal(read(cwd).hookToken, kept);
  }
  writeConfig(join(cwd, ".hookvault", "config.json"), { url: "http://localhost:1", token: "t" });
  assert.match((await hookvault(["login", vault.url], { cwd, input: API_TOKEN })).err, /\.hookvault\/config\.json comes first\.\n$/);
});

test("does not show the token that is typed", async (t) => {
  const cwd = folder(t);
  const type = async (typed) => {
    const args = ["-c", TYPIST, process.execPath, inRoot("cli", "hookvault.mjs"), "login", vault.url, typed];
    const end = await promisify(execFile)("python3", args, { cwd, env: { PATH: process.env.PATH, HOME: cwd } }).catch((error) => error);
    return { code: end.code ?? 0, text: end.stdout };
  };
  const left = await type("half\u0003");
  assert.deepEqual([left.code, /Interrupted/.test(left.text)], [130, true], left.text);
  const { code, text } = await type(`${API_TOKEN}\r`);
  assert.equal(code, 0, text);
  assert.ok(!text.includes(API_TOKEN.slice(0, 6)), text);
  assert.equal(read(cwd).token, API_TOKEN);
});

test("sends the token to that address only, and saves only a token that works", async (t) => {
  const tokens = [];
  const other = await listen(createServer(({ headers }, response) => {
    tokens.push(headers.authorization);
    response.end("{}");
  }));
  const leading = await listen(createServer((_, response) => response.writeHead(307, { location: `${other.url}/whoami` }).end()));
  const strange = await listen(createServer((_, response) => response.end(`{"access":"constructor"}`)));
  t.after(() => stopAll(other, leading, strange));
  const cwd = folder(t);
  for (const [url, input, code, says] of [
    [leading.url, API_TOKEN, 1, /leads to http:\/\/127\.0\.0\.1:\d+\. If that is your vault/],
    [strange.url, API_TOKEN, 1, /There is no hookvault at .* with 200/],
    [vault.url, "wrong-token-0123456789", 1, /does not accept this token: /],
    ["http://127.0.0.1:1", API_TOKEN, 1, /127\.0\.0\.1:1 does not answer: /],
    ["http://vault.example", API_TOKEN, 2, /Anybody on the way .*\n {2}.+ login https:\/\/vault\.example\n/],
    ["vault.example", API_TOKEN, 2, / login https:\/\/vault\.example/],
    [vault.url, "", 2, /There is no token/],
    [vault.url, "secret-ü\u001b[2J", 2, /has a blank or another character/],
    [vault.url, "secret-1 secret-2", 2, /has a blank or another character/],
  ]) {
    const end = await hookvault(["login", url], { cwd, input });
    assert.deepEqual([end.code, end.out], [code, ""], end.err);
    assert.match(end.err, says);
    assert.ok(!end.err.includes("secret") && !end.err.includes(API_TOKEN), end.err);
  }
  assert.deepEqual(tokens, []);
  assert.throws(() => read(cwd), { code: "ENOENT" });
});
