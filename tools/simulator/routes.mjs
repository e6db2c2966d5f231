// The routes: which handler answers a request, which key it needs, and which knobs make the answer fail or come late.

import { setTimeout as sleep } from "node:timers/promises";
import * as played from "./as/routes.mjs";
import * as control from "./control.mjs";
import { HttpError, send, shown } from "./http.mjs";
import * as queue from "./queue.mjs";

const REQUEST = "(queue|fal/queue)/(.+)/requests/([^/]+)";
/**
 * Routes with an operation need a token and obey `fail` and `stallMs`; the others are the simulator's own. At a played
 * sender the path decides which operation it is, and the sender which header carries the token.
 */
const ROUTES = [
  route("GET", "", control.help),
  route("GET", "_sim/knobs", control.getKnobs),
  route("PUT", "_sim/knobs", control.putKnobs),
  route("GET", "_sim/senders", played.list),
  route("GET", "_sim/jobs", control.getJobs),
  route("GET", "_sim/jobs/([^/]+)", control.getJob),
  route("DELETE", "_sim/jobs/([^/]+)", control.deleteJob),
  route("GET", "fal/download/([^/]+)/(.+)", queue.download, "download"),
  route("GET", `${REQUEST}/status`, queue.status, "status"),
  route("GET", REQUEST, queue.result, "result"),
  route("PUT", `${REQUEST}/cancel`, queue.cancel, "cancel"),
  route("POST", "as/([^/]+)/(.+)", played.post, played.entry),
  route("GET", "as/([^/]+)/(.+)", played.get, played.entry),
  route("POST", "(queue|fal/queue)/((?!.*/requests/).+)", queue.submit, "submit"),
];

function route(method, path, handle, operation = null) {
  return { method, pattern: new RegExp(`^/${path}$`), handle, operation };
}

/**
 * Answers a request, whatever happens.
 *
 * @param {import("./simulator.mjs").Simulator} simulator
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
export async function answer(simulator, request, response) {
  try {
    send(response, await handle(simulator, request, response));
  } catch (error) {
    send(response, errorAnswer(error));
    if (!(error instanceof HttpError)) simulator.log(`${request.method}: ${error.stack}`);
  }
}

async function handle(simulator, request, response) {
  const url = new URL(request.url, "http://simulator");
  const { pattern, handle: handler, operation: stated } = match(request.method, url.pathname);
  const [call, params] = [{ simulator, request, url }, url.pathname.match(pattern).slice(1).map(decode)];
  const run = () => handler(call, params);
  const { operation, mayEnter } = typeof stated === "function" ? stated(call, params)
    : { operation: stated, mayEnter: carriesToken(simulator.tokens, request.headers.authorization) };
  if (operation === null) return run();
  const { fail, stallMs } = simulator.knobs;
  try {
    if (!mayEnter) throw new HttpError(401, "Authorization: missing or wrong key");
    failOnPurpose(fail[operation], operation);
    return await run();
  } finally {
    await stall(stallMs[operation], response);
  }
}

function match(method, path) {
  const there = ROUTES.filter(({ pattern }) => pattern.test(path));
  const found = there.find((candidate) => candidate.method === method);
  if (found) return found;
  if (there.length === 0) throw new HttpError(404, `no route ${shown(path)}; GET / lists them`);
  const allowed = there.map((candidate) => candidate.method).join(", ");
  throw new HttpError(405, `${method} is not allowed here, only ${allowed}`);
}

function carriesToken(tokens, header = "") {
  const [, token] = header.match(/^(?:Bearer|Key) (.+)$/i) ?? [];
  return tokens.includes(token);
}

/**
 * Fails the next calls of an operation. It counts down in the knob itself, so that `GET /_sim/knobs` shows the rest.
 */
function failOnPurpose(fault, operation) {
  if (!fault || fault.times === 0) return;
  fault.times -= 1;
  throw new HttpError(fault.status, `knob fail: ${operation}`, fault);
}

/** Delays an answer. The operation has taken effect already, and the delay ends early if the client leaves. */
async function stall(ms, response) {
  if (ms === undefined || response.closed) return;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  await sleep(ms, undefined, { signal: gone.signal }).catch(() => {});
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(400, `not a path: ${shown(part)}`);
  }
}

function errorAnswer(error) {
  if (!(error instanceof HttpError)) {
    return { status: 500, json: { detail: "the simulator failed; its log says why" } };
  }
  const { status, body, headers } = error;
  return { status, json: JSON.stringify(body), headers };
}
