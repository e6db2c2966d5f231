// The errors of `npm start`: a sentence and the command that fixes it, before anything is built.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseEnv } from "node:util";
import { readPorts } from "../../../tools/start/ports.mjs";
import { processes } from "../../../tools/start/processes.mjs";
import { DEVELOPMENT, readVars } from "../../../tools/start/vars.mjs";
import { ROOT } from "../../../tools/workerd/vault.mjs";
import { eventually } from "../../../tools/workerd/wait.mjs";
import { environment, Local, newDir, newPorts } from "../support/local.mjs";

const START = join(ROOT, "tools/start.mjs");
const TYPING = join(ROOT, "tests/tools/support/typing.py");

/** Runs `npm start` until it ends by itself: `{ code, text }`. */
async function start(env, [program, ...args] = [process.execPath, START]) {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  const [code] = await once(child, "close");
  return { code, text };
}

describe("ports", () => {
  it("that are invalid are named, with the valid range", () => {
    for (const bad of ["banana", "0", "70000", "-1", "8787.5", "0x10", "99999999"]) {
      assert.throws(() => readPorts({ HOOKVAULT_SIMULATOR_PORT: bad }),
        { message: `HOOKVAULT_SIMULATOR_PORT is "${bad}", which is not a port. Set it to a whole number from 1 to 65535, or unset it to use 8788.` });
    }
  });

  it("are the usual ones if nothing is set", () => {
    assert.deepEqual(readPorts({ HOOKVAULT_PORT: " 9000 ", HOOKVAULT_S3_PORT: "" }), { worker: 9000, simulator: 8788, s3: 9603 });
  });

  it("must not be the same", () => {
    assert.throws(() => readPorts({ HOOKVAULT_PORT: "9603" }), /^Error: HOOKVAULT_PORT and HOOKVAULT_S3_PORT are both 9603: .*Unset one/);
  });

  for (const host of ["127.0.0.1", "::1"]) {
    it(`that are held on ${host} are reported with their process, and nothing is built`, async () => {
      const [dir, ports] = [newDir(), await newPorts()];
      const holder = createServer().listen(ports.simulator, host);
      await once(holder, "listening");
      const { code, text } = await start(environment(dir, ports));
      assert.equal(code, 1);
      assert.match(text, new RegExp(`^Port ${ports.simulator} is used by process ${process.pid} \\(.*node.*\\)\\. End it by\n  kill ${process.pid}\nor set HOOKVAULT_SIMULATOR_PORT to another port\\.$`, "m"));
      assert.doesNotMatch(text, /Compiling/);
      holder.close();
      rmSync(dir, { recursive: true });
    });
  }
});

describe(".dev.vars", () => {
  let dir;
  before(() => (dir = newDir()));
  after(() => rmSync(dir, { recursive: true }));

  const read = (text) => {
    const path = join(dir, ".dev.vars");
    writeFileSync(path, text);
    return readVars(path);
  };

  it("is made with development's variables, and never overwritten", () => {
    const path = join(dir, "new");
    assert.deepEqual({ ...readVars(path) }, DEVELOPMENT);
    assert.deepEqual({ ...parseEnv(readFileSync(path, "utf8")) }, DEVELOPMENT);
    writeFileSync(path, "HOOK_TOKEN=hook-token-of-mine\nAPI_TOKEN=api-token-of-mine\n");
    assert.deepEqual({ ...readVars(path) }, { HOOK_TOKEN: "hook-token-of-mine", API_TOKEN: "api-token-of-mine" });
  });

  it("copied from the example is an error, because the example has no values", () => {
    const example = readFileSync(join(ROOT, ".dev.vars.example"), "utf8");
    assert.deepEqual({ ...parseEnv(example) }, { HOOK_TOKEN: "", API_TOKEN: "" });
    assert.throws(() => read(example), /sets no HOOK_TOKEN and no API_TOKEN/);
  });

  it("may contain quotes, comments and lists", () => {
    const vars = read("# mine\nHOOK_TOKEN = 'hook-token-of-mine'\nAPI_TOKEN='api#token#of#mine,b' # two\nX=\"1\"\n");
    assert.deepEqual({ ...vars }, { HOOK_TOKEN: "hook-token-of-mine", API_TOKEN: "api#token#of#mine,b", X: "1" });
  });

  it("without a token is an error that shows the missing line", () => {
    const token = "API_TOKEN=dev-api-token-0123456789";
    for (const text of ["HOOK_TOKEN=x\n", "API_TOKEN=\nHOOK_TOKEN=x\n", "HOOK_TOKEN=x\nAPI_TOKEN=''", "HOOK_TOKEN=x\nAPI_TOKEN=' , '"]) {
      assert.throws(() => read(text), { message: `.dev.vars sets no API_TOKEN. Write into it, for instance:\n  ${token}` }, text);
    }
    assert.throws(() => read(""), { message: `.dev.vars sets no HOOK_TOKEN and no API_TOKEN. Write into it, for instance:\n  HOOK_TOKEN=dev-hook-token-0123456789\n  ${token}` });
  });

  it("with a token that the Worker does not accept is an error with the rule", () => {
    const good = { HOOK_TOKEN: "hook-token-of-mine", API_TOKEN: "api-token-of-mine" };
    for (const [name, bad, rule] of [
      ["API_TOKEN", "short", "at least 16 visible ASCII characters"],
      ["API_TOKEN", "'sixteen and blanks'", "at least 16 visible ASCII characters"],
      ["HOOK_TOKEN", "hook-token.of.mine", "16 to 128 characters of A-Z a-z 0-9 _ -, not beginning r_"],
      ["HOOK_TOKEN", "r_hook-token-of-mine", "16 to 128 characters of A-Z a-z 0-9 _ -, not beginning r_"],
    ]) {
      const lines = Object.entries({ ...good, [name]: bad }).map(([key, value]) => `${key}=${value}\n`);
      const message = `.dev.vars sets ${name} to a value that the Worker does not accept: it must be ${rule}. `
        + `Write into it, for instance:\n  ${name}=${DEVELOPMENT[name]}`;
      assert.throws(() => read(lines.join("")), { message }, bad);
    }
  });
});

describe("an earlier npm start", () => {
  let local;
  before(async () => (local = await Local.start()));
  after(() => local?.remove());

  const running = () => JSON.parse(readFileSync(join(local.dir, "running.json"), "utf8"));
  const env = () => environment(local.dir, local.ports);
  const answers = () => eventually("it answers", async () => (await fetch(`${local.url}/healthz`).catch(() => undefined))?.ok || undefined);

  /** Runs it on a terminal that answers this prompt; `played` runs meanwhile. */
  async function onTerminal(prompt, answer, played) {
    const { CI: _, ...there } = env();
    const typed = start(there, ["python3", TYPING, prompt, JSON.stringify([answer]), process.execPath, START]);
    await played?.();
    return typed;
  }

  it("that runs is reported, and left alone unless the user ends it", async () => {
    const { pid } = local.child;
    const { code, text } = await start(env());
    assert.equal(code, 1);
    assert.match(text, new RegExp(`runs in this folder already, as process ${pid}\\. End it by\n  kill ${pid}$`, "m"));
    const asked = await onTerminal("[y/N] ", "");
    assert.match(asked.text, new RegExp(`kill ${pid}`));
    await answers();
  });

  it("that was killed leaves a runtime, which is reported, and ended if the user agrees", async () => {
    const { starter, host } = running();
    for (const pid of [starter, host]) process.kill(pid, "SIGKILL");
    await once(local.child, "exit");
    const left = await eventually("the host is gone", () => {
      const pids = processes().filter(({ group }) => group === host).map(({ pid }) => pid);
      return pids.includes(host) ? undefined : pids;
    });
    assert.equal(left.length, 1);
    const { code, text } = await start(env());
    assert.equal(code, 1);
    assert.match(text, new RegExp(`was killed, and has left a runtime behind \\(${left}\\)\\. End it by\n  kill -9 ${left}$`, "m"));
    const { text: shown } = await onTerminal("[Y/n] ", "", async () => {
      await eventually("another one runs", () => running().starter !== starter || undefined);
      await answers();
      process.kill(running().starter, "SIGINT");
    });
    assert.match(shown, /left a runtime behind \(\d+\)\. End it\? \(asked\)/);
    assert.deepEqual(processes().filter(({ pid }) => left.includes(pid)), []);
  });
});
