// Builds a former release from the repository's own history.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRoot, NODE, ROOT, toolEnv } from "../setup/project.mjs";
import { step } from "../setup/run.mjs";

const OUTPUT = ["index.js", "index_bg.wasm"];
const LINKED = ["node_modules", ".tools"];

const folder = (commit) => inRoot("build", "before", commit);

/** Returns the commit's short name, always with the same number of digits. */
export const named = (commit) => git("rev-parse", "--short=7", `${commit}^{commit}`).trim();

/**
 * Tells whether the release is built already.
 *
 * @param {string} commit as `named` returns it
 */
export const isBuilt = (commit) => OUTPUT.every((name) => existsSync(join(folder(commit), name)));

/** Returns the release's part of miniflare's options. */
export function modulesOf(commit) {
  const rootPath = folder(commit);
  const [script, wasm] = OUTPUT.map((name) => join(rootPath, name));
  return { rootPath, modules: [{ type: "ESModule", path: script }, { type: "CompiledWasm", path: wasm }] };
}

/** Builds the release, once. It uses the present dependencies: nothing is downloaded. */
export async function buildRelease(commit) {
  if (isBuilt(commit)) return;
  const dir = join(mkdtempSync(join(tmpdir(), "hookvault-before-")), commit);
  git("worktree", "add", "--detach", dir, commit);
  try {
    for (const name of LINKED) symlinkSync(inRoot(name), join(dir, name));
    const env = toolEnv({ CARGO_TARGET_DIR: inRoot("target", "before") });
    await step(`Building ${commit} (a few minutes the first time)`, NODE, [join(dir, "tools", "build.mjs")], env);
    mkdirSync(folder(commit), { recursive: true });
    for (const name of OUTPUT) cpSync(join(dir, "build", name), join(folder(commit), name));
  } finally {
    git("worktree", "remove", "--force", dir);
    rmSync(join(dir, ".."), { recursive: true, force: true });
  }
}

function git(...args) {
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8" });
}
