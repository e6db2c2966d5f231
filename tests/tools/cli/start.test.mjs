// `hookvault start` of the installed package: what it makes, keeps and refuses.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freePort, listenOnce } from "../../../tools/ports.mjs";
import { inRoot } from "../../../tools/setup/project.mjs";
import { firstCommands } from "../../../tools/screenshots/minute.mjs";
import { processes } from "../../../tools/start/processes.mjs";
import { eventually } from "../../../tools/workerd/wait.mjs";
import { Installed } from "./installed.mjs";

const RUNS = /hookvault runs .*\nThe token is (\S+)\n/;

describe("hookvault start", () => {
  let installed;
  before(() => (installed = new Installed()));
  after(() => installed?.remove());

  const config = (cwd) => JSON.parse(readFileSync(join(cwd, ".hookvault", "config.json"), "utf8"));
  const running = (cwd) => JSON.parse(readFileSync(join(cwd, ".hookvault", "running.json"), "utf8"));
  const ask = (cwd, path, init = {}, { url, token } = config(cwd)) =>
    fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}`, "content-type": "application/json", connection: "close" } });
  const begin = (cwd, port, ...more) => installed.begin(cwd, ["start", "--port", String(port), ...more]);

  it("needs no cargo, stores a job, and goes on with it after Ctrl-C", async () => {
    const [cwd, port] = [installed.folder("first"), await freePort()];
    assert.equal(spawnSync("cargo", ["--version"], { env: { PATH: installed.path } }).error?.code, "ENOENT");
    let start = begin(cwd, port);
    const [, token] = await start.says(RUNS);
    const kept = config(cwd);
    assert.deepEqual([kept.url, kept.token], [`http://localhost:${port}`, token]);
    assert.notEqual(kept.hookToken, token);
    assert.equal(statSync(join(cwd, ".hookvault", "config.json")).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(cwd, ".hookvault", ".gitignore"), "utf8"), "*\n");
    const env = join(cwd, ".hookvault", "env");
    assert.equal(statSync(env).mode & 0o777, 0o600);
    const shell = `. .hookvault/env; printf '%s\\n' "$HOOKVAULT_URL" "$API_TOKEN" "$HOOK_TOKEN" "$QUEUE_URL" "$QUEUE_KEY"`;
    const [queueUrl, queueKey] = spawnSync("sh", ["-c", shell], { cwd, encoding: "utf8" }).stdout.trim().split("\n").slice(3);
    assert.equal((await fetch(`${queueUrl}/queue/flux-schnell/requests/1/status`, { headers: { authorization: `Bearer ${queueKey}` } })).status, 404);
    assert.match(start.text, /^ {2}npx hookvault submit flux-schnell --input '\{.*\}' --wait$/m);
    assert.match(await (await fetch(`${kept.url}/`)).text(), /<script/);

    const submitted = await ask(cwd, "/queue/flux-schnell", { method: "POST", body: JSON.stringify({ prompt: "a lighthouse" }) });
    const { request_id: id } = await submitted.json();
    const stored = async () => (await ask(cwd, `/jobs/${id}?wait=30&for=settled`)).json();
    const { archive, files: [file] } = await stored();
    assert.equal(archive, "stored");
    const bytes = await (await fetch(file.url)).arrayBuffer();
    assert.equal(bytes.byteLength, file.size);
    const listed = await installed.run(cwd, ["jobs", "--json"]);
    assert.equal(listed.code, 0, listed.text);
    assert.equal(JSON.parse(listed.text).id, id);

    const { host } = running(cwd);
    assert.equal((await start.end()).code, 0);
    assert.deepEqual(processes().filter(({ group }) => group === host), []);
    await listenOnce(port);
    assert.ok(!existsSync(join(cwd, ".hookvault", "running.json")));

    writeFileSync(join(cwd, "more.vars"), "READ_TOKEN=a-token-to-read-0123456789\n");
    // The folder has kept the port and the tokens.
    start = installed.begin(cwd, ["start", "--vars", "more.vars"]);
    await start.says(RUNS);
    assert.deepEqual(config(cwd), kept);
    assert.equal((await stored()).archive, "stored");
    assert.equal((await ask(cwd, `/jobs/${id}`, {}, { ...kept, token: "a-token-to-read-0123456789" })).status, 200);
    assert.deepEqual(Buffer.from(await (await fetch(file.url)).arrayBuffer()), Buffer.from(bytes));
    assert.equal((await start.end()).code, 0);
  });

  it("stores a job's file by what the README's first screen says", async (t) => {
    const [cwd, from] = [installed.folder("minute"), Date.now()];
    const words = firstCommands().map((line) => /^npx \.\/hookvault-[\d.]+\.tgz (.*)$/.exec(line)[1]);
    assert.deepEqual(words.map((line) => line.split(" ")[0]), ["start", "submit", "download"]);
    const start = begin(cwd, await freePort());
    await start.says(RUNS);
    for (const line of words.slice(1)) {
      const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
      const { code, text } = await installed.run(cwd, args);
      assert.equal(code, 0, text);
    }
    const { jobs: [{ id }] } = await (await ask(cwd, "/jobs")).json();
    const { files } = await (await ask(cwd, `/jobs/${id}`)).json();
    const stored = readdirSync(join(cwd, "results"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.deepEqual(stored.map((entry) => statSync(join(entry.parentPath, entry.name)).size), files.map(({ size }) => size));
    t.diagnostic(`${((Date.now() - from) / 1_000).toFixed(1)} s from the first command to the file`);
    await start.end();
  });

  it("runs once in a folder, however closely two starts follow each other", async () => {
    const cwd = installed.folder("twice");
    const starts = [begin(cwd, await freePort()), begin(cwd, await freePort())];
    const lost = await Promise.race(starts.map((start) => start.ended));
    assert.equal(lost.code, 1, lost.text);
    assert.match(lost.text, /runs in this folder already, as process \d+\. End it by\n {2}kill \d+|has just begun in this folder/);
    const winner = starts.find(({ child }) => child.exitCode === null);
    await winner.says(RUNS);
    assert.equal((await ask(cwd, "/jobs")).status, 200);
    await winner.end();
  });

  it("reports what it has left when it was killed, and names who holds its port", async () => {
    const [cwd, port] = [installed.folder("killed"), await freePort()];
    const start = begin(cwd, port);
    await start.says(RUNS);
    const { host } = running(cwd);
    for (const pid of [host, start.child.pid]) process.kill(pid, "SIGKILL");
    await start.ended;
    const left = await eventually("only the runtime is left", () => {
      const pids = processes().filter(({ group }) => group === host).map(({ pid }) => pid);
      return pids.includes(host) ? undefined : pids;
    });
    const { code, text } = await begin(cwd, port).ended;
    assert.equal(code, 1);
    assert.match(text, new RegExp(`An earlier \`npx hookvault start\` was killed, and has left a runtime behind \\(${left}\\)\\. End it by\n {2}kill -9 ${left}\n`));
    for (const pid of left) process.kill(pid, "SIGKILL");

    const holder = createServer().listen(port, "127.0.0.1");
    await once(holder, "listening");
    const busy = await begin(cwd, port).ended;
    assert.equal(busy.code, 1);
    assert.match(busy.text, new RegExp(`Port ${port} is used by process ${process.pid} \\(.*\\)\\. End it by\n {2}kill ${process.pid}\nor choose another one, for instance --port ${port + 10}\\.\n`));
    holder.close();
  });

  it("refuses wrong arguments, bad tokens and a configuration of another vault with 2", async () => {
    const cwd = installed.folder("wrong");
    writeFileSync(join(cwd, "bad.vars"), "API_TOKEN=short\n");
    for (const [args, says] of [
      [["--port", "0"], /--port is "0": a whole number from 1 to 65535/],
      [["--port", String(await freePort()), "--vars", "bad.vars"], /bad\.vars sets API_TOKEN to a value that the Worker does not accept/],
      [["--vars", "none.vars"], /variables can't be read: ENOENT/],
    ]) {
      const { code, text } = await installed.run(cwd, ["start", ...args]);
      assert.equal(code, 2, text);
      assert.match(text, says);
    }
    writeFileSync(join(cwd, ".hookvault", "config.json"), JSON.stringify({ url: "https://vault.example", token: "x" }), { mode: 0o600 });
    const { code, text } = await installed.run(cwd, ["start"]);
    assert.equal(code, 2, text);
    assert.match(text, /config\.json is about https:\/\/vault\.example, which is not on this machine/);
  });

  it("does not read a .dev.vars by itself, and runs where it can keep nothing beside the package", async () => {
    const cwd = installed.folder("plain");
    writeFileSync(join(cwd, ".dev.vars"), "API_TOKEN=short\nHOOK_TOKEN=of-another-worker\n");
    // A folder in the place of the file makes each write fail, also for root.
    const kept = join(installed.root, "build", ".worker-options.json");
    rmSync(kept, { force: true });
    mkdirSync(join(kept, "in-the-way"), { recursive: true });
    const start = begin(cwd, await freePort());
    await start.says(RUNS);
    assert.equal((await ask(cwd, "/jobs")).status, 200);
    await start.end();
  });
});

it("an old Node gets a word, and no stack", () => {
  const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.11.0'}})";
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", old, inRoot("cli", "hookvault.mjs"), "start"], { encoding: "utf8" });
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^hookvault needs Node 22\.12 or newer; this is v.*\. Install it from https:\/\/nodejs\.org, then run this again\.\n$/);
});
