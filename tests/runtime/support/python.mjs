// Scripts in Python, with the packages of tests/clients/requirements.txt. Never run synchronously:
// the servers that they ask live in this process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { pythonClients } from "../../../tools/setup/python.mjs";

/**
 * @param {string} script its text
 * @param {{ env?: Record<string, string>, input?: string, limitMs?: number }} [options]
 *   `env` over that of this process; `input` for its standard input; `limitMs` is only there to
 *   end a client that asks for ever
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>} `code` is `null`
 *   for one that was ended
 */
export async function python(script, { env = {}, input = "", limitMs = 60_000 } = {}) {
  await pythonClients.ensure();
  const child = spawn(pythonClients.program("python"), ["-c", script], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env },
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  // A script that ends without reading its input breaks the pipe, which is no failure of its own.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [texts, [code]] = await Promise.all([
    Promise.all([child.stdout, child.stderr].map(readAll)),
    once(child, "close"),
  ]);
  const [stdout, stderr] = texts;
  return { code, stdout, stderr };
}

async function readAll(stream) {
  stream.setEncoding("utf8");
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}
