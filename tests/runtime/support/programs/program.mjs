// Runs other programs to their end. Never synchronously, because the servers that they ask run in this process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/**
 * @param {{ env?: Record<string, string>, cwd?: string, input?: string, limitMs?: number }} [options] `input` for the
 *   standard input; `limitMs` only ends a program that never stops asking
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>} `code` is `null` for a program that was
 *   killed
 */
export async function run(program, args, { env = process.env, cwd, input = "", limitMs = 60_000 } = {}) {
  const child = spawn(program, args, { env, cwd, timeout: limitMs, killSignal: "SIGKILL" });
  // A program that ends without reading its input breaks the pipe, which does not count as its failure.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, stdout, stderr };
}

/** Runs a program, which must succeed. */
export async function must(program, args, options) {
  const { code, stdout, stderr } = await run(program, args, options);
  assert.equal(code, 0, `${program} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return { stdout, stderr };
}
