// Calls of wrangler, none of which gets a secret as an argument or in its environment.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRoot, NODE, ROOT, toolEnv } from "../setup/project.mjs";
import { exitOf, Failure } from "../setup/run.mjs";
import { NAMES } from "./secrets.mjs";

/** The program. */
export const WRANGLER = inRoot("node_modules", "wrangler", "bin", "wrangler.js");

/** Flags of `deploy` that all of its commands share; each has a value. */
const SHARED = ["--config", "-c", "--env-file", "--profile", "--cwd"];

/** Those of the arguments that every call is to have. */
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

/** Runs it with our own terminal; resolves to its exit code. */
export function show({ wrangler, env }, args, more) {
  return exitOf(spawn(NODE, [wrangler, ...args], { cwd: ROOT, env: environment(env, more), stdio: "inherit" }));
}

/** Runs it unseen, with `input` as its standard input: `{ code, out, err }`. */
export async function capture({ wrangler, env }, args, input = "") {
  const child = spawn(NODE, [wrangler, ...args], { cwd: ROOT, env: environment(env), stdio: "pipe" });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  // It may end without reading.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, out, err };
}

/** Deploys; resolves to `{ name, targets }`, as wrangler writes them down for programs. */
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

/** The URL of what was deployed, if it has one that can be asked. */
export function urlOf(targets) {
  const plain = targets.find((target) => /^https?:\/\//.test(target) && URL.canParse(target));
  const domain = targets.map((target) => /^([\w.-]+) \(custom domain/.exec(target)?.[1]).find(Boolean);
  return plain ?? (domain && `https://${domain}`);
}
