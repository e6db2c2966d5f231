// A stand-in for fal.ai: its queue, its direct runs, its uploads, its files and its signed webhooks. All of the
// Worker's fetches arrive here, whatever host they name, so that no other server is asked.
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { error, falSender, JWKS_URL, ok } from "./sender.mjs";
import { listenOutside, PROXY } from "../servers/outbound.mjs";
import { noise } from "../servers/origin.mjs";

const MAX_KEPT_BYTES = 1024 * 1024;
const QUEUE = "https://queue.fal.run/";
const REQUEST = /^(?<app>.+?)\/requests\/(?<id>[^/]+)(?<rest>\/.*)?$/;

/** Returns the bytes of a file at fal's CDN. */
export const content = (url) => noise(1_000, url);

export async function startFalAi() {
  const sender = falSender({ kid: "k1" });
  const [requests, steps, jobs] = [[], new Map(), new Map()];

  /** Answers with headers that speak for fal's own origin, as fal does. */
  function json(response, status, value, more = {}) {
    const body = typeof value === "string" ? value : JSON.stringify(value);
    const headers = { "content-type": "application/json", "access-control-allow-origin": "*",
      "set-cookie": "fal=1", "strict-transport-security": "max-age=1", "x-fal-served-from": "tests", ...more };
    Object.assign(requests.at(-1) ?? {}, { answered: { status, headers, body } });
    response.writeHead(status, headers).end(body);
  }

  async function answer(request, response) {
    const url = new URL(request.url);
    const bare = url.origin + url.pathname;
    const step = steps.get(request.url) ?? steps.get(bare);
    const seen = { line: `${request.method} ${bare}`, method: request.method, url, headers: request.headers,
      authorization: request.headers.authorization, ...await read(request) };
    requests.push(seen);
    if (step) return step(response, request, seen);
    if (bare === JWKS_URL) return sender.step(response, request);
    if (bare.startsWith(QUEUE)) return queue(seen, url, response);
    if (url.hostname.endsWith("fal.media")) {
      const bytes = content(bare);
      return response.writeHead(200, { "content-type": "image/png", "content-length": bytes.length }).end(bytes);
    }
    json(response, 200, { asked: seen.line }, { "x-fal-request-id": "direct-1" });
  }

  function queue({ method, text }, { pathname, searchParams }, response) {
    const path = pathname.slice(1);
    const found = REQUEST.exec(path)?.groups;
    if (!found) return json(response, 200, begin(path, text, searchParams.get("fal_webhook")));
    const job = jobs.get(found.id);
    if (!job) return json(response, 404, { detail: "Request not found" });
    if (method === "PUT") return json(response, 202, { status: "CANCELLATION_REQUESTED" });
    if (found.rest === "/status") return json(response, job.result ? 200 : 202, status(job));
    if (!job.result) return json(response, 400, { detail: "Request is still in progress" });
    json(response, job.failed ? 422 : 200, job.result, { "x-fal-request-id": job.id });
  }

  function begin(app, text, webhook) {
    const id = randomUUID();
    const at = `${QUEUE}${app.split("/").slice(0, 2).join("/")}/requests/${id}`;
    jobs.set(id, { id, app, text, webhook, at, status: "IN_QUEUE" });
    return { status: "IN_QUEUE", request_id: id, response_url: at, status_url: `${at}/status`,
      cancel_url: `${at}/cancel`, logs: null, metrics: {}, queue_position: 0 };
  }

  async function send(id, body) {
    const headers = { ...sender.signed({ requestId: id, body }), connection: "close",
      "content-type": "application/json" };
    return (await fetch(jobs.get(id).webhook, { method: "POST", headers, body })).status;
  }

  const status = (job) => ({ status: job.status, request_id: job.id, response_url: job.at,
    status_url: `${job.at}/status`, cancel_url: `${job.at}/cancel`, logs: null, metrics: {},
    ...(job.status === "IN_QUEUE" && { queue_position: 0 }) });

  const server = createServer(PROXY, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return {
    ...(await listenOutside(server)),
    /** Sets the step for a URL, with its query or for any query. The request's body was read before the step runs. */
    on: (url, step) => steps.set(url, step),
    /** Returns the requests since the last call, without those for keys and files unless `all` is set. */
    seen: ({ all = false } = {}) => requests.splice(0)
      .filter(({ url }) => all || (url.href !== JWKS_URL && !/fal\.media$/.test(url.hostname))),
    /** Tells whether this origin was asked since the last `seen`. */
    asked: (origin) => requests.some(({ url }) => url.origin === origin),
    job: (id) => jobs.get(id),
    submissions: () => jobs.size,
    start: (id) => (jobs.get(id).status = "IN_PROGRESS"),
    /** Ends a job as fal does: stores its result, and sends a signed webhook unless `silent` is set. */
    async complete(id, result, { silent = false } = {}) {
      Object.assign(jobs.get(id), { status: "COMPLETED", result });
      if (silent) return undefined;
      return send(id, ok(id, null).replace('"payload":null', () => `"payload":${result}`));
    },
    /** Ends a job as fal does when it fails. */
    async fail(id, text, payload) {
      Object.assign(jobs.get(id), { status: "COMPLETED", result: payload, failed: true });
      return send(id, error(id, text).replace('"payload":null', () => `"payload":${payload}`));
    },
  };
}

/** Returns a body's length and hash, and its text if it is short. */
async function read(request) {
  const [hash, chunks] = [createHash("sha256"), []];
  let bytes = 0;
  for await (const chunk of request) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes <= MAX_KEPT_BYTES) chunks.push(chunk);
  }
  const text = bytes <= MAX_KEPT_BYTES ? Buffer.concat(chunks).toString() : undefined;
  return { text, bytes, sha256: hash.digest("hex") };
}
