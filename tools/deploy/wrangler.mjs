// Calls wrangler. It never gets a secret as an argument or in its environment.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { NODE, ROOT, toolEnv } from "../setup/project.mjs";
import { exitOf, Failure } from "../setup/run.mjs";
import { NAMES } from "./secrets.mjs";

/** Returns the path of wrangler's script, wherever npm has put the package. Call it only after the set-up. */
export function wranglerScript() {
  const require = createRequire(import.meta.url);
  const path = require.resolve("wrangler/package.json");
  return join(dirname(path), require(path).bin.wrangler);
}

/** The flags of `deploy` that all of its commands share. Each has a value. */
const SHARED = ["--config", "-c", "--env-file", "--profile", "--cwd"];

/** Returns the arguments that every call needs. */
export function shared(args) {
  const isShared = (argument) => SHARED.some((flag) => argument === flag || argument.startsWith(`${flag}=`));
  return args.flatMap((argument, n) => {
    if (!isShared(argument)) return [];
    return argument.includes("=") ? [argument] : [argument, args[n + 1]];
  });
}

function environment(env, more = {}) {
  const all = { ...toolEnv(), ...env, PATH: toolEnv().PATH, ...more };
  for (const name of NAMES) delete all[name];
  return all;
}

/** @typedef {{ wrangler: string, env: object, cwd?: string }} Call its script, the environment, and the folder to deploy */

/** Runs wrangler on this terminal, and resolves to its exit code. @param {Call} call */
export function show({ wrangler, env, cwd = ROOT }, args, more) {
  return exitOf(spawn(NODE, [wrangler, ...args], { cwd, env: environment(env, more), stdio: "inherit" }));
}

/** Runs wrangler without showing it, with `input` as its standard input. Resolves to `{ code, out, err }`. */
export async function capture({ wrangler, env, cwd = ROOT }, args, input = "") {
  const child = spawn(NODE, [wrangler, ...args], { cwd, env: environment(env), stdio: "pipe" });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  // wrangler may end without reading its input.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, out, err };
}

/** Deploys, and resolves to `{ name, targets }` from the file that wrangler writes for programs. */
export async function deployed(call, args) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-deploy-"));
  const path = join(dir, "output.ndjson");
  try {
    const code = await show(call, ["deploy", ...args], { WRANGLER_OUTPUT_FILE_PATH: path });
    if (code !== 0) throw new Failure(`wrangler deploy ended with ${code}; nothing else was changed.`);
    const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    const told = lines.filter(Boolean).map((line) => JSON.parse(line)).findLast(({ type }) => type === "deploy");
    return { name: told?.worker_name ?? undefined, targets: told?.targets ?? [] };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Returns the URL of the deployed Worker, if it has one that a request can reach. */
export function urlOf(targets) {
  const plain = targets.find((target) => /^https?:\/\//.test(target) && URL.canParse(target));
  const domain = targets.map((target) => /^([\w.-]+) \(custom domain/.exec(target)?.[1]).find(Boolean);
  return plain ?? (domain && `https://${domain}`);
}
