// The simulator and its S3 server for one test file, with a recorder for webhooks.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startS3 } from "../../../tools/storage/s3.mjs";
import { startSimulator } from "../../../tools/simulator/server.mjs";

export const KEY = "dev-upstream-key";
export const MODEL = "wan22-fast-t2v";
export const PROMPT = { prompt: "A photo of an astronaut riding a horse." };
export const FAST = { queueMs: 0, runMs: 0, size: 4_096 };
export const BINARY = { "x-pipelet-output": "binary" };
const DEADLINE_MS = 10_000;

/** The S3 server of the test file that imports this. */
export let s3;
/** The folder of its files. */
export let dir;
before(async () => {
  dir = mkdtempSync(join(tmpdir(), "hookvault-s3-"));
  s3 = await startS3({ dir });
});
after(async () => {
  await s3.stop();
  rmSync(dir, { recursive: true });
});

/** Starts a webhook endpoint that keeps the requests. */
export async function startRecorder(status = 200) {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    received.push({ method: request.method, path: request.url, headers: request.headers, text });
    response.writeHead(status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const json = () => received.map(({ text }) => JSON.parse(text));
  const types = () => json().map(({ eventType }) => eventType);
  return { url: `http://127.0.0.1:${server.address().port}/`, received, json, types, close };
}

/** Starts the simulator and the recorder of one test. Work that is left behind fails the test. */
export async function rig(t, { knobs = {}, hookStatus, ...options } = {}) {
  const hook = await startRecorder(hookStatus);
  t.after(hook.close);
  const simulator = await startSimulator({ s3, knobs: { ...FAST, ...knobs }, ...options });
  t.after(() => simulator.close());
  const call = async (method, path, { body, headers, key = `Bearer ${KEY}` } = {}) => {
    const url = path.startsWith("http") ? path : simulator.url + path;
    const request = { method, headers: { ...(key && { authorization: key }), ...headers } };
    if (body !== undefined) request.body = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(url, request);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    const { status, headers: told } = response;
    return { status, headers: told, text, json: isJson ? JSON.parse(text) : undefined };
  };
  const submit = async (body = PROMPT, headers = BINARY, path = `/queue/${MODEL}`) => {
    const sent = { "x-pipelet-webhook": hook.url, ...headers };
    const answer = await call("POST", path, { body, headers: sent });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };
  const run = async (...given) => {
    const submitted = await submit(...given);
    await simulator.idle();
    return submitted;
  };
  const job = async ({ request_id: id }) => (await call("GET", `/_sim/jobs/${id}`)).json;
  return { simulator, hook, call, submit, run, job };
}

/** Polls until the probe returns something. The deadline only ends a failing test. */
export async function until(what, probe) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const value = await probe();
    if (value) return value;
    assert.ok(Date.now() < deadline, `not within ${DEADLINE_MS} ms: ${what}`);
    await sleep(20);
  }
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
export const bytesOf = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());
