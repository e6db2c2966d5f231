// A real S3 server on loopback. It checks presigned URLs, which expire as they do on R2.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { signerOf } from "./signature.mjs";

const HOST = "127.0.0.1";
/** The server answers after about 20 ms; a busy machine gets far more before it counts as broken. */
const START_LIMIT_MS = 15_000;
/** How many milliseconds a server may take to finish its requests before it is killed. */
const STOP_LIMIT_MS = 3_000;

/**
 * Starts `s3s-fs` and creates the bucket. The contents of `dir` survive restarts.
 *
 * @param {{ port?: number, dir: string, accessKey?: string, secretKey?: string, bucket?: string }} options port 0 takes
 *   any free port on loopback; `dir` is created if it is missing
 * @returns {Promise<{ url: string, port: number, accessKey: string, secretKey: string, bucket: string, stop: () =>
 *   Promise<void> }>}
 */
export async function startS3({ port = 0, dir, accessKey = "dev-access", secretKey = "dev-secret",
  bucket = "prod-batch-files" }) {
  const binary = findBinary();
  const free = await claimPort(port);
  mkdirSync(dir, { recursive: true });
  const server = { url: `http://${HOST}:${free}`, port: free, accessKey, secretKey, bucket };
  const child = launch(binary, server, dir);
  try {
    await untilBucketExists(server, child);
  } catch (error) {
    await end(child.process);
    throw error;
  }
  return { ...server, stop: () => end(child.process) };
}

function findBinary() {
  const inRepository = fileURLToPath(new URL("../../.tools/bin", import.meta.url));
  const binary = join(process.env.HOOKVAULT_TOOLS_BIN ?? inRepository, "s3s-fs");
  if (!existsSync(binary)) {
    throw new Error(`${binary} is missing: run "npm run setup", which builds it`);
  }
  return binary;
}

/** Binds the port for a moment, so that another server on it is not taken for this one. */
async function claimPort(port) {
  const probe = createServer();
  probe.listen(port, HOST);
  await once(probe, "listening");
  const { port: free } = probe.address();
  probe.close();
  await once(probe, "close");
  return free;
}

function launch(binary, { port, accessKey, secretKey }, dir) {
  const keys = ["--access-key", accessKey, "--secret-key", secretKey];
  const child = spawn(binary, ["--host", HOST, "--port", String(port), ...keys, dir],
    { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, RUST_LOG: "off" } });
  const state = { process: child, exit: null, complaint: "" };
  child.stderr.on("data", (text) => (state.complaint = (state.complaint + text).slice(-2_000)));
  child.on("error", (error) => (state.exit = error.message));
  child.on("exit", (code, signal) => (state.exit ??= `it exited with ${signal ?? code}`));
  killWithUs(child);
  return state;
}

/** Kills the server when this process ends, so that a crash does not leave it on its port. */
function killWithUs(child) {
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

async function untilBucketExists(server, child) {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const failure = await createBucket(server);
    if (child.exit !== null) throw broken(`${child.exit}\n${child.complaint}`);
    if (failure === null) return;
    if (Date.now() > deadline) throw broken(`no answer in ${START_LIMIT_MS} ms: ${failure}`);
    await sleep(20);
  }
}

async function createBucket(server) {
  try {
    const { url, headers } = await signerOf(server)({ method: "PUT", url: `${server.url}/${server.bucket}` }).sign();
    const answer = await fetch(url, { method: "PUT", headers: { ...Object.fromEntries(headers), connection: "close" } });
    const text = await answer.text();
    return answer.ok || /<Code>BucketAlready/.test(text) ? null : text;
  } catch (error) {
    return error.cause?.message ?? error.message;
  }
}

function broken(reason) {
  return new Error(`s3s-fs did not start (built by "npm run setup"): ${reason.trim()}`);
}

async function end(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await exited;
  clearTimeout(impatience);
}
