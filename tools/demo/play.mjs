// The demonstration: a job's file outlives its presigned URL, from submission to comparison.
// Call it only after the set-up, because it needs npm packages.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../ports.mjs";
import { Failure } from "../setup/run.mjs";

const LIMIT_MS = 60_000;
const MODEL = "wan22-fast-t2v";
const EXPIRES_IN = 5;
const KNOBS = { expiresIn: EXPIRES_IN, queueMs: 500, runMs: 500, dialect: "today" };

const token = () => randomBytes(16).toString("hex");
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const say = (text) => console.log(`• ${text}`);

/**
 * Plays it with this Worker, in a folder of its own.
 *
 * @param {{ script: string, wasm: string }} worker
 * @returns {Promise<string | undefined>} the signal that ended it early
 */
export async function demo(worker) {
  const [stack, { startFiles }] = await Promise.all([import("../start/stack.mjs"), import("../storage/files.mjs")]);
  return stack.untilStopped(async (stops) => {
    const dir = mkdtempSync(join(tmpdir(), "hookvault-demo-"));
    stops.push(async () => rmSync(dir, { recursive: true, force: true }));
    await play(await start(stack, { dir, worker, startS3: startFiles }, stops));
  });
}

async function start({ startStack, UPSTREAM_KEY }, options, stops) {
  say("starting the server of files, the queue's simulator and the Worker on free ports");
  const ports = { worker: await freePort(), simulator: await freePort(), s3: await freePort() };
  const vars = { HOOK_TOKEN: token(), API_TOKEN: token() };
  await startStack({ ...options, ports, vars, runtime: { quiet: true } }, stops);
  const vault = `http://localhost:${ports.worker}`;
  return {
    hook: `${vault}/hook/${vars.HOOK_TOKEN}`,
    vault: api(vault, vars.API_TOKEN),
    queue: api(`http://localhost:${ports.simulator}`, UPSTREAM_KEY),
  };
}

async function play({ hook, vault, queue }) {
  const id = await submit(queue, hook);
  const source = await sourceUrl(queue, id);
  const record = await stored(vault, id);
  await expired(source);
  await compare(record.files, await queue(`/_sim/jobs/${id}`));
  console.log("\nVerdict: hookvault serves every file byte for byte; the queue's URL is dead.");
}

async function submit(queue, hook) {
  const body = JSON.stringify({ prompt: "An astronaut riding a horse.", _sim: KNOBS });
  const headers = { "content-type": "application/json", "x-pipelet-output": "binary" };
  const path = `/queue/${MODEL}?fal_webhook=${encodeURIComponent(hook)}`;
  const { request_id: id } = await queue(path, { method: "POST", headers, body });
  say(`submitted job ${id}; its presigned URLs live ${EXPIRES_IN} s`);
  return id;
}

async function sourceUrl(queue, id) {
  const path = `/queue/${MODEL}/requests/${id}`;
  await until("the queue completes the job", async () => {
    return (await queue(`${path}/status`)).status === "COMPLETED";
  });
  const { video } = await queue(path);
  say(`the queue's own URL of the video: ${video.data_uri.split("?")[0]}?X-Amz-…`);
  return video.data_uri;
}

async function stored(vault, id) {
  let seen;
  const record = await until("hookvault stores the files", async () => {
    const job = await vault(`/jobs/${id}`);
    const now = `GET /jobs/${id}: status ${job.status}, archive ${job.archive}`;
    if (now !== seen) say(now);
    seen = now;
    return job.archive === "stored" && job;
  });
  for (const file of record.files) say(`file ${file.n}, ${file.size} bytes: ${file.url}`);
  return record;
}

async function expired(source) {
  say("waiting until the queue's URL has expired");
  await until("the queue's URL expires", async () => {
    const answer = await fetch(source);
    await answer.body.cancel();
    return answer.status === 403;
  });
  say("the queue's URL answers 403");
}

async function compare(files, { files: outputs, previews }) {
  const originals = [...outputs, ...previews];
  if (files.length !== originals.length) {
    throw new Failure(`Verdict: ${files.length} files are kept of ${originals.length}.`);
  }
  for (const { key, sha256: wanted } of originals) {
    // The queue puts the job's id before a file's name.
    const file = files.find(({ name }) => basename(key).endsWith(name));
    const got = file ? sha256(await bytesOf(file.url)) : "no such file";
    say(`${basename(key)}\n    at the queue  ${wanted}\n    at hookvault  ${got}`);
    if (got !== wanted) throw new Failure(`Verdict: ${basename(key)} differs.`);
  }
}

async function bytesOf(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Failure(`GET ${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** Returns a function that calls a server with a key; a job that is not known yet becomes `{}`. */
function api(base, key) {
  return async (path, { headers, ...options } = {}) => {
    const authorization = `Bearer ${key}`;
    const answer = await fetch(base + path, { headers: { authorization, ...headers }, ...options });
    if (answer.status === 404) return {};
    if (!answer.ok) throw new Failure(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
}

async function until(what, check) {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await sleep(200)) {
    const result = await check();
    if (result) return result;
  }
  throw new Failure(`Waited ${LIMIT_MS / 1000} s in vain until ${what}.`);
}
