// Runs the command line as a user does: in a process of its own, with an environment of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRoot } from "../../../tools/setup/project.mjs";

/** Makes a folder that is deleted after the test. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "hookvault-cli-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Starts a command in `cwd`. Nothing of this process's environment gets in, so that no setting of the machine counts.
 *
 * @returns {{ child: import("node:child_process").ChildProcess, ended: Promise<{ code: number | string, out: string, err: string }> }}
 */
export function begin(args, { cwd, env = {}, input = "" }) {
  const own = { PATH: process.env.PATH, HOME: cwd, ...env };
  const child = spawn(process.execPath, [inRoot("cli", "hookvault.mjs"), ...args], { cwd, env: own, stdio: "pipe" });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return { child, ended: once(child, "close").then(([code, signal]) => ({ code: code ?? signal, out, err })) };
}

/** Runs a command to its end. */
export const hookvault = (args, options) => begin(args, options).ended;
