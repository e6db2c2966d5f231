// What a reader of the pages has. That is hookvault and a queue as `npm start` runs them, on other ports, and a shell
// in which a stand-in plays wrangler.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { envPath, localPath, writeConfig, writePrivate } from "../../../cli/config.mjs";
import { shellVariables } from "../../../cli/local.mjs";
import { freePort } from "../../../tools/ports.mjs";
import { inRoot, ROOT } from "../../../tools/setup/project.mjs";
import { DEVELOPMENT } from "../../../tools/start/vars.mjs";
import { stopAll } from "../../runtime/support/stop.mjs";
import { startUpstream } from "../../runtime/support/servers/upstream.mjs";
import { startVault } from "../../runtime/support/vault.mjs";
import { eventually } from "../../runtime/support/wait.mjs";
import { Shell, standIns } from "./shell.mjs";

const FAKE = inRoot("tests", "tools", "support", "fake-wrangler.mjs");
const TYPED = "a-secret-that-someone-types";
/** The ports in the pages. */
const [VAULT, QUEUE] = [8787, 8788];
/** The start may have to build the Worker. */
const START_LIMIT_MS = 300_000;

/** The start of the package, as the pages run it. */
export const PACKAGE = /^npx (\.\/hookvault-\S+\.tgz|hookvault@\S+) start\b/;

const { HOOK_TOKEN, API_TOKEN } = DEVELOPMENT;

const portOf = ({ url }) => Number(new URL(url).port);
const local = (port) => `http://localhost:${port}`;

/**
 * @param {boolean} isSource whether the page is pasted in the folder of the source; else it is one where the package runs
 */
export async function startDesk(isSource) {
  const upstream = await startUpstream({ knobs: { queueMs: 300, runMs: 500 } });
  const vault = await startVault({ sources: upstream.sources, vars: { ...upstream.vars, HOOK_TOKEN, API_TOKEN } });
  const ports = [[VAULT, portOf(vault)], [QUEUE, portOf(upstream)]];
  const url = local(portOf(vault));
  const wrangler = mkdtempSync(join(tmpdir(), "hookvault-fake-"));
  writeFileSync(join(wrangler, "script.json"), JSON.stringify({ targets: [url] }));
  // There is no terminal to ask on, and the pages' own tokens are public: so the Worker has its secrets already.
  writeFileSync(join(wrangler, "secrets.json"), JSON.stringify({ HOOK_TOKEN, API_TOKEN }));
  const folder = folderOf({ url, token: API_TOKEN, hookToken: HOOK_TOKEN }, upstream.url);
  const shell = new Shell({ HOOKVAULT_WRANGLER: FAKE, FAKE_WRANGLER_DIR: wrangler }, TYPED, isSource ? ROOT : folder);
  return {
    paste: (code) => shell.paste(code),
    /** Returns a text with the ports of the pages. */
    asPrinted: (text) => ports.reduce((all, [printed, real]) => all.replaceAll(local(real), local(printed)), text),
    /** Returns the vault's jobs, each as `437852: completed stored`. */
    async jobs() {
      const headers = { authorization: `Bearer ${API_TOKEN}` };
      const { jobs } = await (await fetch(`${url}/jobs?limit=200`, { headers })).json();
      return jobs.map(({ id, status, archive }) => `${id}: ${status} ${archive}`);
    },
    /** Returns the names of the secrets that wrangler got. */
    secrets: () => Object.keys(JSON.parse(readFileSync(join(wrangler, "secrets.json"), "utf8"))),
    async stop() {
      shell.end();
      for (const path of [wrangler, folder]) rmSync(path, { recursive: true });
      // A page that fails leaves jobs running.
      await upstream.idle();
      await stopAll(vault, upstream);
    },
  };
}

/** Makes what `start` of the package leaves in a folder. It is below the source, so that programs find all packages. */
function folderOf(config, queueUrl) {
  const folder = mkdtempSync(inRoot("build", "desk-"));
  writeConfig(localPath(folder), config);
  writePrivate(envPath(folder), shellVariables(config, queueUrl));
  return folder;
}

/**
 * Runs a command that does not end by itself, and ends it with Ctrl-C as soon as it answers. Rejects if it never does.
 */
export async function serve(code) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-local-"));
  const names = ["HOOKVAULT_PORT", "HOOKVAULT_SIMULATOR_PORT", "HOOKVAULT_S3_PORT"];
  const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, String(await freePort())])));
    const isPackage = PACKAGE.test(code);
  const own = isPackage ? packageIn(dir, ports.HOOKVAULT_PORT) : { cwd: ROOT, env: { ...ports, HOOKVAULT_DIR: dir } };
  const shell = spawn("bash", ["-c", code], { cwd: own.cwd, detached: true, stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...own.env } });
  const ended = once(shell, "close");
  let said = "";
  for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (data) => (said += data));
  const answers = (name) => fetch(`${local(ports[name])}/`).then(({ ok }) => ok, () => false);
  try {
    await eventually("it answers", async () => {
      assert.equal(shell.exitCode, null, said);
      return (await Promise.all(names.slice(0, isPackage ? 1 : 2).map(answers))).every(Boolean) || undefined;
    }, { limitMs: START_LIMIT_MS });
  } finally {
    process.kill(-shell.pid, "SIGINT");
    await ended;
    rmSync(dir, { recursive: true });
  }
}

/** Prepares a folder in which the package starts at this port: it takes the port from the folder's configuration. */
function packageIn(dir, port) {
  writeConfig(localPath(dir), { url: local(port), token: TYPED, hookToken: TYPED });
  standIns(dir);
  return { cwd: dir, env: { PATH: dir + delimiter + process.env.PATH } };
}
