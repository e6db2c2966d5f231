// HANDOFF_URL: the operator's webhook gets the end of every job, however it was submitted.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

let source, receiver, vault;
const bearer = { authorization: `Bearer ${API_TOKEN}` };
before(async () => {
  source = await startSource();
  receiver = await startReceiver();
  vault = await startVault({ sources: `${source.url},${receiver.url}`, vars: { HANDOFF_URL: `${receiver.url}/all?key=1` } });
});
after(() => stopAll(vault, receiver, source));

const of = (id) => receiver.requests.filter(({ json }) => String(json.jobId) === id);
const delivered = (id) => eventually(`${id} is handed on`, async () =>
  (await vault.job(id)).handoff?.state === "delivered" || undefined);

it("gets only ends, without a signature if there is no secret", async () => {
  await vault.deliver(acquired("1"));
  await vault.deliver(completed(source.put("/1_0_a.mp4", noise(50)), "1"));
  await vault.settled("1");
  await delivered("1");
  const [{ json, headers, url }] = of("1");
  assert.equal(of("1").length, 1);
  assert.deepEqual([json.eventType, url], ["completed", "/all?key=1"]);
  assert.equal((await vault.job("1")).files[0].url, json.video.data_uri);
  assert.match(headers["webhook-id"], /^msg_[0-9a-f]{32}$/);
  assert.ok(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1_000) < 60);
  assert.equal(headers["webhook-signature"], undefined);
  assert.match(headers["user-agent"], /^hookvault\//);
});

it("gets an end once, whatever is delivered twice", async () => {
  for (let n = 0; n < 3; n += 1) await vault.deliver(told("failed", "2", 1, { error: "no" }));
  await delivered("2");
  assert.deepEqual(of("2").map(({ json }) => [json.eventType, json.error]), [["failed", "no"]]);
});

it("gets a job that goes on after its end, each time it ends", async () => {
  await vault.deliver(told("failed", "3", 1));
  await delivered("3");
  await vault.deliver(told("retried", "3", 2));
  await vault.deliver(completed(source.put("/3_0_a.mp4", noise(50)), "3"));
  await eventually("both are handed on", () => of("3").length === 2 || undefined);
  assert.deepEqual(of("3").map(({ json }) => json.eventType), ["failed", "completed"]);
  await delivered("3");
});

it("gets a job that has only a reference, by that name", async () => {
  await vault.deliver({ eventType: "failed" }, { reference: "order-9" });
  await delivered("ref:order-9");
  assert.equal(of("ref:order-9").length, 1);
});

it("gets other providers' ends in their own form", async () => {
  const url = source.put("/out.png", noise(50));
  await vault.deliver({ request_id: "f-1", gateway_request_id: "f-1", status: "OK", payload: { images: [{ url }] } });
  await delivered("f-1");
  const [{ json }] = of("f-1");
  assert.deepEqual([json.request_id, json.status], ["f-1", "OK"]);
  assert.ok(json.payload.images[0].url.startsWith(`${vault.url}/files/f-1/`));
});

it("hands off again on request, and says when there is nothing", async () => {
  const again = (id) => vault.post(`/jobs/${id}/handoff`, "", bearer);
  const before = of("1")[0];
  assert.equal((await again("1")).status, 202);
  await eventually("it came again", () => of("1").length === 2 || undefined);
  assert.equal(of("1")[1].headers["webhook-id"], before.headers["webhook-id"]);
  assert.equal(of("1")[1].body, before.body);
  await vault.deliver(acquired("4"));
  const refused = await again("4");
  assert.equal(refused.status, 409);
  assert.match((await refused.json()).detail, /HANDOFF_URL is not set or the job has not ended/);
  assert.equal((await again("never")).status, 404);
  assert.equal((await vault.post("/jobs/1/handoff", "")).status, 401);
});

it("is given up when its URL is a hook of this vault, because it would come back", async () => {
  const PUBLIC_URL = "https://vault.example";
  await vault.restart({ PUBLIC_URL, HANDOFF_URL: `${PUBLIC_URL}/hook/x` });
  await vault.deliver(told("failed", "5", 1));
  await eventually("it is given up", async () => (await vault.job("5")).handoff?.state === "failed" || undefined);
});
