// Starts the harness's own processes: the generator of load, and the origin.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const start = (name) => fork(fileURLToPath(new URL(name, import.meta.url)));

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill();
  await gone;
}

/** @returns {Promise<{url: string, end: () => Promise<void>}>} */
export async function startOrigin() {
  const child = start("origin.mjs");
  const [{ url }] = await once(child, "message");
  return { url, end: () => end(child) };
}

/** Starts the generator. Each of its tasks is a function of `generator.mjs`. */
export function startGenerator() {
  const child = start("generator.mjs");
  const waiting = new Map();
  let count = 0;
  child.on("message", ({ n, result, error }) => {
    const { resolve, reject } = waiting.get(n);
    waiting.delete(n);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  });
  child.on("exit", (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the generator ended: ${code ?? signal}`));
  });
  const task = (name) => (given) => new Promise((resolve, reject) => {
    const n = (count += 1);
    waiting.set(n, { resolve, reject });
    child.send({ n, task: name, given });
  });
  const tasks = ["load", "archive", "archiveInline", "download"].map((name) => [name, task(name)]);
  return { ...Object.fromEntries(tasks), end: () => end(child) };
}
