// Plays a request to each route of a vault. The examples of the API's description are these responses, and nothing
// else.
import { masked } from "./masks.mjs";
import { noise } from "../servers/origin.mjs";
import { submit as submitDirectly } from "../servers/upstream.mjs";
import { API_TOKEN, HOOK_TOKEN } from "../vault.mjs";
import { eventually } from "../wait.mjs";

const JSON_TYPE = { "content-type": "application/json" };
const bearer = { authorization: `Bearer ${API_TOKEN}` };

/** Plays everything, and returns `{operation, status, type, text}` for each step, masked. */
export async function play(vault, { source, upstream, receiver }) {
  const steps = [];
  /** Sends a request, and keeps the response. */
  const ask = async (operation, method, path, { body, headers = bearer } = {}) => {
    const init = { method, headers: { ...headers, ...(body && JSON_TYPE) }, body };
    const response = await fetch(vault.url + path, { ...init, redirect: "manual" });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const shown = type.startsWith("video/") || type.includes("octet-stream") ? "" : text;
    steps.push({ operation, status: response.status, type, text: shown });
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

  await ask("health", "GET", "/healthz", { headers: {} });
  await ask("deliver", "POST", `/hook/${HOOK_TOKEN}?app=wan22-fast-t2v&tag=draft`,
    { body: JSON.stringify(acquired), headers: {} });
  await ask("deliverWithReference", "POST", `/hook/${HOOK_TOKEN}/order-7`,
    { body: JSON.stringify({ eventType: "completed", jobId: 437852, seed: 196619188014358, video: { data_uri: video } }), headers: {} });
  await vault.settled("437852");
  await ask("deliverWithHeader", "POST", "/hook",
    { body: JSON.stringify({ eventType: "failed" }), headers: { authorization: `Bearer ${HOOK_TOKEN}` } });
  await rest("437852", 2);
  await ask("readJob", "GET", "/jobs/437852");
  await ask("readResult", "GET", "/jobs/437852/result");
  await ask("readEvents", "GET", "/jobs/437852/events?limit=1");
  await ask("readEventBody", "GET", "/jobs/437852/events/1/body");
  const { files: [{ url }] } = await vault.job("437852");
  await ask("readFile", "GET", new URL(url).pathname, { headers: { range: "bytes=0-99" } });
  await eventually("the catalog knows", async () => (await vault.json("/stats")).archive.stored === 1 || undefined);
  await ask("listJobs", "GET", "/jobs?status=completed&tag=draft&limit=1");
  await ask("readStats", "GET", "/stats");
  await ask("exportJobs", "GET", "/export?format=aria2");
  await ask("makeTicket", "POST", "/tickets",
    { body: JSON.stringify({ scope: "job:437852", ttl: 3600 }) });
  await ask("whoami", "GET", "/whoami");
  await ask("watch", "GET", "/live?after=0");
  const { unmatched: [{ key }] } = await vault.json("/unmatched");
  await ask("listUnmatched", "GET", "/unmatched");
  await ask("readUnmatched", "GET", `/unmatched/${key}`);
  await vault.deliver(failed("437853"));
  await ask("assignUnmatched", "POST", `/unmatched/${key}?job=437853`);
  await vault.deliver({ eventType: "nonsense" });
  const { unmatched: [other] } = await vault.json("/unmatched");
  await ask("dropUnmatched", "DELETE", `/unmatched/${other.key}`);
  await ask("importJobs", "POST", "/jobs",
    { body: '{"id":"437852","app":"wan22-fast-t2v","tags":["draft"]}' });
  await ask("archiveJob", "POST", "/jobs/437852/archive");
  await ask("archiveMany", "POST", "/archive?archive=lost,partial&limit=20");
  await ask("renewLinks", "POST", "/jobs/437852/links");
  await fetch(`${vault.url}/hook/wrong-token-0123456789`, { method: "POST", headers: { "user-agent": "queue/1" } });
  await eventually("the refusal is noted", async () => (await vault.json("/refused")).total === 1 || undefined);
  await ask("listRefused", "GET", "/refused");
  await ask("examine", "GET", "/doctor");
  await rest("437853", 2);
  await eventually("all is counted", async () => (await vault.json("/stats")).jobs === 2 || undefined);
  await ask("readMetrics", "GET", "/metrics");
  await eventually("both manifests are there", async () => (await vault.keys("manifests/")).length === 2 || undefined);
  await ask("restore", "POST", "/restore?limit=40");
  await ask("deleteJob", "DELETE", "/jobs/437853");
  vault.unwatch("437853");
  await ask("readJob", "GET", "/jobs/437853?wait=0");
  await playGateway(vault, ask, { upstream, receiver });
  const named = (text) => text.replaceAll(vault.url, "https://vault.example").replaceAll(receiver.url, "https://app.example");
  return steps.map((step) => ({ ...step, text: masked(named(step.text)) }));
}

/** Plays the queues' own routes: a job in each dialect, and two through fal's proxy. */
async function playGateway(vault, ask, { upstream, receiver }) {
  // Uses up the ids of the jobs above.
  for (let n = 0; n < 3; n += 1) await submitDirectly(upstream, receiver.url);
  const input = JSON.stringify({ prompt: "an astronaut on a horse" });
  const submit = async (operation, path, headers) => {
    const { request_id: id } = JSON.parse(await ask(operation, "POST", path, { headers, body: input }));
    vault.watch(id);
    await vault.settled(id);
    return id;
  };
  const follow = async (name, at, headers) => {
    await ask(`status${name}`, "GET", `${at}/status`, { headers });
    await ask(`stream${name}`, "GET", `${at}/status/stream`, { headers });
    await ask(`result${name}`, "GET", at, { headers });
    await ask(`cancel${name}`, "PUT", `${at}/cancel`, { headers });
  };
  const hooks = `${receiver.url}/hooks`;
  const id = await submit("submitQueue", `/queue/wan22-fast-t2v?fal_webhook=${hooks}`, bearer);
  await eventually("it is handed on", async () => (await vault.job(id)).handoff?.state === "delivered" || undefined);
  await follow("Queue", `/queue/wan22-fast-t2v/requests/${id}`, bearer);
  await ask("handOffJob", "POST", `/jobs/${id}/handoff`);
  const key = { authorization: `Key ${API_TOKEN}` };
  const other = await submit("submitFal", "/fal/queue/fal-ai/flux", key);
  await follow("Fal", `/fal/queue/fal-ai/flux/requests/${other}`, key);
  const target = { "x-fal-target-url": "https://queue.fal.run/fal-ai/flux" };
  await submit("falProxy", "/fal/proxy", { ...bearer, ...target });
  const { ticket } = await (await vault.post("/tickets", '{"scope":"proxy","ttl":3600}', bearer)).json();
  await submit("falProxyTicket", `/fal/proxy/t_${ticket}`, target);
  await upstream.idle();
}
