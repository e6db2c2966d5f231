// What `start` keeps in a folder: its own tokens, and below them everything that the vault stores.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { isLoopback } from "../tools/doctor/ask.mjs";
import { RELEASE } from "../tools/build/profiles.mjs";
import { Failure } from "../tools/setup/run.mjs";
import { first, mistake, UPSTREAM_KEY } from "../tools/start/vars.mjs";
import { envPath, FOLDER, localPath, readConfig, writeConfig, writePrivate } from "./config.mjs";
import { originOf } from "./settings.mjs";
import { WrongUse } from "./errors.mjs";

const USUAL_PORT = 8787;

/** Returns the Worker in this package. */
export function builtWorker() {
  if (process.platform === "win32") throw new Failure("On Windows this needs WSL: https://learn.microsoft.com/windows/wsl/install");
  if (!existsSync(RELEASE.wasm)) throw new Failure("This is the source of hookvault, and it is not built. Run `npm run build` first.");
  return RELEASE;
}

/** Makes the folder, which no repository should contain, and returns its path. */
export function ownFolder(cwd = process.cwd()) {
  const dir = resolve(cwd, FOLDER);
  const ignored = join(dir, ".gitignore");
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!existsSync(ignored)) writeFileSync(ignored, "*\n");
  } catch (error) {
    throw new Failure(`${dir} can't be made a folder to write in: ${error.message}. Move what is there away, or run this in another folder.`);
  }
  return dir;
}

/**
 * Reads the folder's configuration file, or makes one with new tokens. `save` writes it, with the port, and
 * the variables for a shell.
 *
 * @param {string} [file] has variables for the Worker, as in `.dev.vars`; its tokens, if there are any, become the folder's
 * @returns {{ port: number, vars: Record<string, string>, save: (ports: { worker: number, simulator: number }) => { url: string, token: string } }}
 */
export function localVault(file) {
  const path = localPath();
  const kept = existsSync(path) ? readConfig({ path }) : undefined;
  if (kept && !isLoopback(new URL(originOf(kept.url)))) {
    throw new WrongUse(`${path} is about ${kept.url}, which is not on this machine. Run this in another folder.`);
  }
  const own = { HOOK_TOKEN: kept?.hookToken ?? newToken(), API_TOKEN: kept?.token ?? newToken() };
  const vars = { ...own, ...(file && parseEnv(readText(file))) };
  const { what } = mistake(vars) ?? {};
  if (what) throw new WrongUse(`${file ?? path} ${what}.`);
  const save = (ports) => {
    const config = { url: local(ports.worker), token: first(vars.API_TOKEN), hookToken: first(vars.HOOK_TOKEN) };
    writeConfig(path, config);
    writePrivate(envPath(), shellVariables(config, queueUrl(ports.simulator)));
    return config;
  };
  return { port: Number(kept && new URL(kept.url).port) || USUAL_PORT, vars, save };
}

const local = (port) => `http://localhost:${port}`;

/** Returns the queue's URL as the Worker knows it: a job's URLs at the queue must have this origin. */
const queueUrl = (port) => `http://127.0.0.1:${port}`;

/** Returns the commands that set the variables of the documentation's examples. */
export function shellVariables({ url, token, hookToken }, queueUrl) {
  const values = { HOOKVAULT_URL: url, API_TOKEN: token, HOOK_TOKEN: hookToken, QUEUE_URL: queueUrl, QUEUE_KEY: UPSTREAM_KEY };
  return Object.entries(values).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join("");
}

const newToken = () => randomBytes(24).toString("hex");

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new WrongUse(`The file with the variables can't be read: ${error.message}`);
  }
}
