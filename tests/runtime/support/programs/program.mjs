// Other programs, run to their end. Never synchronously: the servers that they ask live in this process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/**
 * @param {{ env?: Record<string, string>, cwd?: string, input?: string, limitMs?: number }} [options]
 *   `input` for its standard input; `limitMs` is only there to end one that asks for ever
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>} `code` is `null`
 *   for one that was ended
 */
export async function run(program, args, { env = process.env, cwd, input = "", limitMs = 60_000 } = {}) {
  const child = spawn(program, args, { env, cwd, timeout: limitMs, killSignal: "SIGKILL" });
  // A program that ends without reading its input breaks the pipe, which is no failure of its own.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, stdout, stderr };
}

/** Runs a program that must succeed. */
export async function must(program, args, options) {
  const { code, stdout, stderr } = await run(program, args, options);
  assert.equal(code, 0, `${program} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return { stdout, stderr };
}
