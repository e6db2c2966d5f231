// Plays each way to be refused against vaults. The API's description takes its errors from these responses, and the
// answers of routes that no newcomer starts with.
import { acquired, completed, told } from "../deliveries.mjs";
import { masked } from "./masks.mjs";
import { noise, status } from "../servers/origin.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN } from "../vault.mjs";
import { eventually } from "../wait.mjs";

/** With these variables a file and a delivery are soon too large, and a signature counts. */
export const VARS = { READ_TOKEN, MAX_FILE_BYTES: "4000", MAX_BODY_BYTES: "20000",
  REPLICATE_WEBHOOK_SECRET: `whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}` };

const NONCE = "0123456789abcdef0123456789abcdef";
const KEY = "1766868000000-0123456789abcdef";
const QUEUE = "/queue/wan22-fast-t2v";
const FAL = "/fal/queue/fal-ai/flux";
const TARGET = { "x-fal-target-url": "https://queue.fal.run/fal-ai/flux" };
const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** Returns a function that sends a request to a vault, and keeps the response as a step of the operation. */
function recorder(vault, steps) {
  return async (operation, code, request, { headers = bearer(API_TOKEN), body } = {}) => {
    const [method, path] = request.split(" ");
    const response = await fetch(new URL(path, vault.url), { method, body, headers: { connection: "close", ...headers } });
    const type = response.headers.get("content-type") ?? "";
    const text = await (type === "text/event-stream" ? firstOf(response.body) : response.text());
    const shown = masked(text.replaceAll(vault.url, "https://vault.example"));
    steps.push({ operation, code, request, status: response.status, type, text: shown });
  };
}

/** Returns the first event of a stream that does not end by itself. */
async function firstOf(stream) {
  let text = "";
  for await (const bytes of stream.pipeThrough(new TextDecoderStream())) {
    text += bytes;
    const [, event] = /^(id: [^]*?\n\n)/m.exec(text) ?? [];
    if (event) return event;
  }
  throw new Error(`no event: ${text}`);
}

/** Delivers jobs of each kind: with a file, deleted, failed, lost, one whose source stalls, one that runs. */
async function jobs(vault, source) {
  for (const [id, bytes] of [["437852", 100], ["437853", 100], ["437856", 5_000]]) {
    await vault.deliver(completed(source.put(`/${id}_0_clip.mp4`, noise(bytes)), id), { query: `?tag=${id}` });
    await vault.settled(id);
  }
  const url = async (id) => (await vault.job(id)).files[0].url;
  const [old, deleted, lost] = [await url("437852"), await url("437853"), await url("437856")];
  await vault.get("/jobs/437853", { method: "DELETE" });
  await vault.deliver(told("failed", "437854", 1, { error: "out of memory" }));
  const stalled = source.put("/437857_0_clip.mp4");
  source.on("/437857_0_clip.mp4", status(503));
  await vault.deliver(completed(stalled, "437857"));
  await vault.deliver(acquired("437858"));
  const { unmatched } = await vault.deliver({ eventType: "failed" });
  return { old, deleted, lost, stalled: await url("437857"), unmatched };
}

/** Plays against a vault that has everything it needs. */
async function playWhole(vault, source, steps) {
  const ask = recorder(vault, steps);
  const { old, deleted, lost, stalled, unmatched } = await jobs(vault, source);
  const ticket = async (wish) => (await (await vault.post("/tickets", JSON.stringify(wish), bearer(API_TOKEN))).json()).ticket;
  const none = { headers: {} };
  const wrong = { headers: bearer("wrong-token-0123456789") };
  const read = { headers: bearer(READ_TOKEN) };
  const live = await ticket({ scope: "live" });
  const short = await ticket({ scope: "job:437852", ttl: 1 });
  const { version } = await vault.job("437852");

  await eventually("the catalog knows", async () => (await vault.json("/jobs?tag=437852&archive=stored")).jobs[0]);
  await ask("exportJobs", undefined, "GET /export?tag=437852");
  await ask("readJob", "access-ended", `GET /jobs/437852?wait=30&version=${version}&ticket=${short}`, none);
  await ask("readJob", "ticket-ended", `GET /jobs/437852?ticket=${short}`, none);
  await ask("readJob", "wrong-ticket", "GET /jobs/437852?ticket=forged", none);
  await ask("readJob", "wrong-scope", `GET /jobs/437852?ticket=${live}`, none);
  for (const [operation, request] of [["listJobs", "GET /jobs"], ["readJob", "GET /jobs/437852"], ["deliverWithHeader", "POST /hook"],
    ["statusQueue", `GET ${QUEUE}/requests/437852/status`], ["falProxy", "POST /fal/proxy"]]) {
    await ask(operation, "no-token", request, none);
    await ask(operation, "wrong-token", request, wrong);
  }
  await ask("deliver", "wrong-signature", `POST /hook/${HOOK_TOKEN}`, { body: "{}",
    headers: { "webhook-id": "msg_1", "webhook-timestamp": "1766868000", "webhook-signature": "v1,AAAA" } });
  await ask("listJobs", "bad-parameter", "GET /jobs?since=soon");
  await ask("listJobs", "unknown-parameter", "GET /jobs?order=asc");
  await ask("readStats", "unknown-parameter", "GET /stats?order=asc");
  await ask("makeTicket", "bad-body", "POST /tickets", { body: '{"scope":"all"}' });
  await ask("makeTicket", "unknown-parameter", "POST /tickets?order=asc", { body: "{}" });
  await ask("archiveJob", "read-only", "POST /jobs/437852/archive", read);
  await ask("readJob", "no-such-job", "GET /jobs/437999?wait=0");
  await ask("readJob", "job-deleted", "GET /jobs/437853?wait=0");
  await ask("readEventBody", "no-such-event", "GET /jobs/437852/events/99/body");
  await ask("readEventBody", "job-deleted", "GET /jobs/437853/events/1/body");
  await ask("readUnmatched", "no-such-delivery", `GET /unmatched/${KEY}`);
  await ask("assignUnmatched", "no-such-delivery", `POST /unmatched/${KEY}?job=437852`);
  await ask("assignUnmatched", "no-such-job", `POST /unmatched/${unmatched}?job=437999`);
  await ask("assignUnmatched", "not-assigned", `POST /unmatched/${unmatched}?job=437853`);
  await ask("readResult", "no-result", "GET /jobs/437854/result");
  await ask("handOffJob", "no-handoff", "POST /jobs/437852/handoff");
  await ask("health", "method-not-allowed", "POST /healthz");
  await ask("deliver", "unknown-coding", `POST /hook/${HOOK_TOKEN}`, { body: "{}", headers: { "content-encoding": "br" } });
  await ask("deliver", "body-too-large", `POST /hook/${HOOK_TOKEN}`, { body: "x".repeat(20_001) });
  await ask("watch", "upgrade-required", "GET /live");

  await ask("readFile", "no-such-file", `GET /files/437852/${NONCE}/0`);
  await ask("readFile", "precondition-failed", `GET ${old}`, { headers: { "if-match": '"other"' } });
  await ask("readFile", "no-such-range", `GET ${old}`, { headers: { range: "bytes=200-" } });
  await ask("readFile", "file-deleted", `GET ${deleted}`);
  await ask("readFile", "file-lost", `GET ${lost}`);
  await ask("readFile", "not-ready", `GET ${stalled}`);
  await vault.post("/jobs/437852/links", "", bearer(API_TOKEN));
  await eventually("the old link ends", async () => (await fetch(old)).status === 410 || undefined);
  await ask("readFile", "link-replaced", `GET ${old}`);

  await ask("submitQueue", "read-only", `POST ${QUEUE}`, read);
  await ask("submitQueue", "bad-parameter", `POST ${QUEUE}?fal_webhook=ftp://app.example/hooks`, { body: "{}" });
  await ask("submitQueue", "bad-body", `POST ${QUEUE}`, { body: new Uint8Array([0xff]) });
  await ask("submitQueue", "body-too-large", `POST ${QUEUE}`, { body: "x".repeat(20_001) });
  await ask("submitQueue", "unknown-coding", `POST ${QUEUE}`, { body: "{}", headers: { ...bearer(API_TOKEN), "content-encoding": "br" } });
  const keyed = { ...bearer(API_TOKEN), "idempotency-key": "order-7" };
  // Uses the other queue, because this one would give the ids of the jobs above.
  await fetch(`${vault.url}${FAL}`, { method: "POST", headers: keyed, body: '{"prompt":"a horse"}' });
  await ask("submitFal", "key-reused", `POST ${FAL}`, { headers: keyed, body: '{"prompt":"an astronaut"}' });
  await ask("statusQueue", "job-deleted", `GET ${QUEUE}/requests/437853/status`);
  await ask("resultQueue", "no-result", `GET ${QUEUE}/requests/437854`);
  await ask("falProxy", "invalid", "POST /fal/proxy");
  await ask("falProxyGet", "method-not-allowed", "GET /fal/proxy", { headers: { ...bearer(API_TOKEN), ...TARGET } });
  const once = `POST /fal/proxy/t_${await ticket({ scope: "proxy", count: 1 })}`;
  await fetch(vault.url + once.split(" ")[1], { method: "POST", headers: TARGET, body: '{"prompt":"a horse"}' });
  await ask("falProxyTicket", "used-up", once, { headers: TARGET, body: '{"prompt":"an astronaut"}' });
  const other = await ticket({ scope: "proxy", apps: ["fal-ai/other"] });
  await ask("falProxyTicket", "wrong-scope", `POST /fal/proxy/t_${other}`, { headers: TARGET, body: "{}" });

  await ask("deliver", undefined, `POST /hook/${HOOK_TOKEN}`, { body: '{"eventType":"failed"}', headers: {} });
  await ask("deliverWithReference", undefined, `POST /hook/${HOOK_TOKEN}/order%207`, { body: '{"eventType":"failed"}', headers: {} });
  await ask("deliverWithHeader", undefined, "POST /hook", { body: JSON.stringify(acquired("437858")), headers: bearer(HOOK_TOKEN) });
  await ask("readResult", undefined, "GET /jobs/437858/result");
  await ask("readEvents", undefined, "GET /jobs/437854/events", { headers: { ...bearer(API_TOKEN), accept: "text/event-stream" } });
}

/** Plays against a vault without its bucket, its static files and its hook token. */
async function playBare(vault, steps) {
  const ask = recorder(vault, steps);
  await ask("deliver", "not-configured", `POST /hook/${HOOK_TOKEN}`, { body: "{}", headers: {} });
  await ask("listUnmatched", "platform-failed", "GET /unmatched");
  await ask("readFile", "platform-failed", `GET /files/437852/${NONCE}/0-clip.mp4`);
  await ask("readOpenapi", "no-such-route", "GET /openapi.json");
  await ask("home", undefined, "GET /");
}

/**
 * Plays everything, and returns `{operation, code, request, status, type, text}` for each step. It stops `upstream`.
 */
export async function playRefusals({ vault, bare, source, upstream }) {
  const steps = [];
  await playWhole(vault, source, steps);
  await playBare(bare, steps);
  await upstream.idle();
  await upstream.stop();
  await recorder(vault, steps)("submitQueue", "upstream-failed", `POST ${QUEUE}`, { body: "{}" });
  await vault.restart({ UPSTREAM_API_KEY: null });
  await recorder(vault, steps)("submitQueue", "not-configured", `POST ${QUEUE}`, { body: "{}" });
  return steps;
}
