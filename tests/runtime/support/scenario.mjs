// One request and its answer for each route, played against a vault: the examples of the API's
// description and of the README are what it gives, and nothing else.
import { noise } from "./origin.mjs";
import { submit as submitDirectly } from "./upstream.mjs";
import { API_TOKEN, HOOK_TOKEN } from "./vault.mjs";
import { eventually } from "./wait.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const bearer = { authorization: `Bearer ${API_TOKEN}` };

/** Plays all; returns `{operation, title, request, status, type, text}` of each, masked. */
export async function play(vault, { source, upstream, receiver }) {
  const steps = [];
  /** Asks, and keeps what was asked and answered. */
  const ask = async (operation, title, method, path, { body, headers = bearer } = {}) => {
    const init = { method, headers: { ...headers, ...(body && JSON_TYPE) }, body };
    const response = await fetch(vault.url + path, { ...init, redirect: "manual" });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const shown = type.startsWith("video/") || type.includes("octet-stream") ? "" : text;
    steps.push({ operation, title, request: curl(method, path, headers, body), status: response.status, type,
      text: shown });
    return text;
  };
  const video = source.put("/outputs/free/437852_0_clip.mp4", noise(4_096, "clip"));
  const acquired = { eventType: "acquired", jobId: 437852, queueName: "free", workerName: "k8s_pipelet",
    leaseExpiry: 1766867867109, acquiredAt: 1766867822109, updatedAt: 1766867822109 };
  const failed = (jobId) => JSON.stringify({ eventType: "failed", jobId, error: "out of memory" });
  const rest = (id, ms) => eventually(`${id} is at rest`, async () => {
    const job = await vault.job(id);
    const copy = await (await vault.records()).get(id, "json");
    return (copy?.version === job.version && copy.deliveries === ms) || undefined;
  });

  await ask("health", "Does it run?", "GET", "/healthz", { headers: {} });
  await ask("deliver", "A delivery, as the queue sends it", "POST", `/hook/${HOOK_TOKEN}?app=wan22-fast-t2v&tag=draft`,
    { body: JSON.stringify(acquired), headers: {} });
  await ask("deliverWithReference", "With a reference of the caller's", "POST", `/hook/${HOOK_TOKEN}/order-7`,
    { body: JSON.stringify({ eventType: "completed", jobId: 437852, seed: 196619188014358, video: { data_uri: video } }), headers: {} });
  await vault.settled("437852");
  await ask("deliverWithHeader", "With the token in a header; one that belongs to no job is kept", "POST", "/hook",
    { body: JSON.stringify({ eventType: "failed" }), headers: { authorization: `Bearer ${HOOK_TOKEN}` } });
  await rest("437852", 2);
  await ask("readJob", "The record", "GET", "/jobs/437852");
  await ask("readResult", "The result alone", "GET", "/jobs/437852/result");
  await ask("readEvents", "The timeline", "GET", "/jobs/437852/events?limit=1");
  await ask("readEventBody", "A delivery as it came", "GET", "/jobs/437852/events/1/body");
  const { files: [{ url }] } = await vault.job("437852");
  await ask("readFile", "A file: the link is the right", "GET", new URL(url).pathname, { headers: { range: "bytes=0-99" } });
  await eventually("the catalog knows", async () => (await vault.json("/stats")).archive.stored === 1 || undefined);
  await ask("listJobs", "The newest jobs", "GET", "/jobs?status=completed&tag=draft&limit=1");
  await ask("readStats", "How many there are", "GET", "/stats");
  await ask("exportJobs", "Every file, as a list for aria2c", "GET", "/export?format=aria2");
  await ask("makeTicket", "A right to hand to a browser", "POST", "/tickets",
    { body: JSON.stringify({ scope: "job:437852", ttl: 3600 }) });
  await ask("whoami", "What this token may do, and where files may be fetched", "GET", "/whoami");
  await ask("watch", "The live feed is a WebSocket", "GET", "/live?after=0");
  const { unmatched: [{ key }] } = await vault.json("/unmatched");
  await ask("listUnmatched", "Deliveries that belong to no job", "GET", "/unmatched");
  await ask("readUnmatched", "One of them", "GET", `/unmatched/${key}`);
  await vault.deliver(failed("437853"));
  await ask("assignUnmatched", "It is that job's", "POST", `/unmatched/${key}?job=437853`);
  await vault.deliver({ eventType: "nonsense" });
  const { unmatched: [other] } = await vault.json("/unmatched");
  await ask("dropUnmatched", "Or no one's", "DELETE", `/unmatched/${other.key}`);
  await ask("importJobs", "Jobs that no webhook told of", "POST", "/jobs",
    { body: '{"id":"437852","app":"wan22-fast-t2v","tags":["draft"]}' });
  await ask("archiveJob", "Copy again what is not stored", "POST", "/jobs/437852/archive");
  await ask("archiveMany", "The same for many", "POST", "/archive?archive=lost,partial&limit=20");
  await ask("renewLinks", "New links; the old ones answer 410", "POST", "/jobs/437852/links");
  await fetch(`${vault.url}/hook/wrong-token-0123456789`, { method: "POST", headers: { "user-agent": "queue/1" } });
  await eventually("the refusal is noted", async () => (await vault.json("/refused")).total === 1 || undefined);
  await ask("listRefused", "Deliveries that were refused", "GET", "/refused");
  await ask("examine", "What is wrong, and what mends it", "GET", "/doctor");
  await rest("437853", 2);
  await eventually("all is told", async () => (await vault.json("/stats")).jobs === 2 || undefined);
  await ask("readMetrics", "For Prometheus", "GET", "/metrics");
  await eventually("both manifests are there", async () => (await vault.keys("manifests/")).length === 2 || undefined);
  await ask("restore", "Rebuild everything from the bucket", "POST", "/restore?limit=40");
  await ask("deleteJob", "Gone from every store", "DELETE", "/jobs/437853");
  vault.unwatch("437853");
  await ask("readJob", "What there is not", "GET", "/jobs/437853?wait=0");
  await playGateway(vault, ask, { upstream, receiver });
  return steps.map((step) => masked(step, vault.url, receiver.url));
}

/** The queues' own routes: a job in each dialect, and two by fal's proxy. */
async function playGateway(vault, ask, { upstream, receiver }) {
  // The ids of the jobs above are not to come again.
  for (let n = 0; n < 3; n += 1) await submitDirectly(upstream, receiver.url);
  const input = JSON.stringify({ prompt: "an astronaut on a horse" });
  const submit = async (operation, title, path, headers) => {
    const { request_id: id } = JSON.parse(await ask(operation, title, "POST", path, { headers, body: input }));
    vault.watch(id);
    await vault.settled(id);
    return id;
  };
  const follow = async (name, at, headers) => {
    await ask(`status${name}`, "Its status", "GET", `${at}/status`, { headers });
    await ask(`stream${name}`, "Each status as it comes", "GET", `${at}/status/stream`, { headers });
    await ask(`result${name}`, "Its result, with durable URLs", "GET", at, { headers });
    await ask(`cancel${name}`, "To cancel it, it is too late", "PUT", `${at}/cancel`, { headers });
  };
  const hooks = `${receiver.url}/hooks`;
  const id = await submit("submitQueue", "Submit through the gateway, with a webhook of your own",
    `/queue/wan22-fast-t2v?fal_webhook=${hooks}`, bearer);
  await eventually("it is handed on", async () => (await vault.job(id)).handoff?.state === "delivered" || undefined);
  await follow("Queue", `/queue/wan22-fast-t2v/requests/${id}`, bearer);
  await ask("handOffJob", "Hand its end on again", "POST", `/jobs/${id}/handoff`);
  const key = { authorization: `Key ${API_TOKEN}` };
  const other = await submit("submitFal", "As fal's clients submit", "/fal/queue/fal-ai/flux", key);
  await follow("Fal", `/fal/queue/fal-ai/flux/requests/${other}`, key);
  const target = { "x-fal-target-url": "https://queue.fal.run/fal-ai/flux" };
  await submit("falProxy", "By fal's server proxy", "/fal/proxy", { ...bearer, ...target });
  const { ticket } = await (await vault.post("/tickets", '{"scope":"proxy","ttl":3600}', bearer)).json();
  await submit("falProxyTicket", "The same with a ticket, from a browser", `/fal/proxy/t_${ticket}`, target);
  await upstream.idle();
}

function curl(method, path, headers, body) {
  const verb = method === "GET" || (method === "POST" && body) ? "" : ` -X ${method}`;
  const shown = Object.entries(headers).map(([name, value]) => ` -H '${name}: ${value}'`).join("");
  return `curl${verb} 'https://vault.example${path}'${shown}${body ? ` -d '${body}'` : ""}`;
}

/** What differs from run to run is made equal; tokens are what a reader has to put there. */
export function masked(step, origin, hooks) {
  const mask = (text) => text
    .replaceAll(origin, "https://vault.example")
    .replaceAll(hooks, "https://app.example")
    .replaceAll(/\bgw-[0-9a-f]{32}\b/g, "gw-0123456789abcdef0123456789abcdef")
    .replaceAll(/\bmsg_[0-9a-f]{32}\b/g, "msg_0123456789abcdef0123456789abcdef")
    .replaceAll(/\bt_eyJ[\w.-]+/g, "t_$TICKET")
    .replaceAll(/\b(?=\w*\d)[a-z0-9]{20}(?=["_/' ]|$)/g, "rn5r12q9pdu6yvb3nxty")
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "https://prod-batch-files.example")
    .replaceAll(/127\.0\.0\.1(:\d+)?/g, "prod-batch-files.example")
    .replaceAll(HOOK_TOKEN, "$HOOK_TOKEN").replaceAll(API_TOKEN, "$API_TOKEN")
    .replaceAll(/\/[0-9a-f]{32}\//g, "/0123456789abcdef0123456789abcdef/")
    .replaceAll(/X-Amz-Date=\w+&X-Amz-Expires=\d+&X-Amz-Signature=\w+/g, "X-Amz-Date=…")
    .replaceAll(/"ticket":"[^"]+"/g, '"ticket":"eyJzY29wZSI6Impv….qA3x…"')
    .replaceAll(/\b17\d{11}(?=-[0-9a-f]{16})/g, "1766868000000")
    .replaceAll(/1766868000000-[0-9a-f]{16}/g, "1766868000000-0123456789abcdef")
    .replaceAll(/\b1(?:7[7-9]|8)\d{10,11}\b/g, "1766868000000")
    .replaceAll(/r_selftest-[0-9a-f]{32}\.[0-9a-f]{32}/g, `r_selftest-${"0123456789abcdef".repeat(2)}.${"0123456789abcdef".repeat(2)}`)
    .replaceAll(/selftest-[0-9a-f]{32}/g, `selftest-${"0123456789abcdef".repeat(2)}`)
    .replaceAll(/"ms":\d+/g, '"ms":12').replaceAll(/one \d+ \w+ ago/g, "one 2 min ago")
    .replaceAll(/"slackMs":\d+/g, '"slackMs":7198000')
    .replaceAll(/slack_seconds [\d.]+/g, "slack_seconds 7198.000");
  return { ...step, request: mask(step.request), text: mask(step.text) };
}
