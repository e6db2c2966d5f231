// A refused delivery stores nothing: not in the bucket, in KV, or in any object except the bounded list of refusals. If
// the queue refuses a submission, only a failed job is stored.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";
import { call, queuesAt, says } from "../support/calls.mjs";
import { startFalAi } from "../support/fal/ai.mjs";
import { startOrigin } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { ticketed, ticketOf } from "../support/tickets.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { eventually } from "../support/wait.mjs";

const MIB = 1024 * 1024;
const LIMIT = 4 * MIB;
const APP = "https://queue.fal.run/fal-ai/flux";
const RUN = "https://fal.run/fal-ai/flux";
/** Ends each request right after a body was written to the bucket. */
const KEYS = { FAL_KEY: "fal-key-0123456789", REPLICATE_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

let n = 0;
/** Returns a long body that was not sent before. */
const long = (bytes = MIB) => JSON.stringify({ n: (n += 1), prompt: "x".repeat(bytes) });

/** A client that is answered before it has sent everything may see its connection end. */
const unread = ({ cause }) => (["ECONNRESET", "EPIPE"].includes(cause?.code) ? 413 : cause);

/** Returns everything that is stored, except the list of refusals, which is bounded. */
const everything = async (vault) => ({
  keys: await vault.keys(""),
  records: (await (await vault.records()).list()).keys,
  jobs: await vault.objects("Job"),
});

describe("what the vault refuses", () => {
  let fal, vault;
  before(async () => {
    fal = await startFalAi();
    vault = await startVault({ change: fal.change, vars: { ...KEYS, MAX_BODY_BYTES: `${LIMIT}`, RETRY_BASE_MS: "2000" } });
  });
  after(() => stopAll(vault, fal));

  const ask = async (url, target = APP, { body = "{}", headers = {} } = {}) => {
    const init = { method: "POST", body, headers: { "x-fal-target-url": target, connection: "close", ...headers } };
    const response = await fetch(url, init);
    await response.arrayBuffer();
    return response.status;
  };
  /** Checks that `refused` changes nothing that is stored, and asks no other server. */
  async function leavesNothing(refused) {
    const before = await everything(vault);
    fal.seen();
    await refused();
    assert.deepEqual(await everything(vault), before);
    assert.deepEqual(fal.seen(), []);
  }
  const times = (count, what) => Promise.all(Array.from({ length: count }, (_, i) => what(i)));

  it("a submission with a used-up ticket leaves nothing", async () => {
    const url = await ticketed(vault, { count: 1 });
    assert.equal(await ask(url, APP, { body: long() }), 200);
    const same = long();
    await leavesNothing(async () => {
      const keyed = (i) => ({ body: long(), headers: { "idempotency-key": `key-${i}` } });
      const all = await times(10, (i) => ask(url, APP, i % 2 ? keyed(i) : { body: i % 4 ? long() : same }));
      assert.deepEqual(all, Array(10).fill(403));
      assert.equal(await ask(url, RUN, { body: long() }), 403);
      assert.equal(await ask(url, "https://rest.fal.ai/tokens/"), 403);
    });
  });

  it("simultaneous submissions keep to the ticket's uses, and only those within them are stored", async () => {
    const before = await everything(vault);
    const bodies = Array.from({ length: 12 }, () => long());
    const url = await ticketed(vault, { count: 3 });
    const all = await Promise.all(bodies.map((body) => ask(url, APP, { body })));
    assert.deepEqual(all.filter((status) => status === 200).length, 3);
    const { keys } = await everything(vault);
    const kept = keys.filter((key) => key.startsWith("bodies/") && !before.keys.includes(key));
    assert.equal(kept.length, 3);
  });

  it("an expired ticket, another scope, or another application leaves nothing", async () => {
    const short = await ticketOf(vault, { ttl: 1 });
    const [live, other] = [await ticketed(vault, { scope: "live" }), await ticketed(vault, { apps: ["fal-ai/other"] })];
    while (Date.now() <= short.expiresAt) await new Promise((wake) => setTimeout(wake, 50));
    await leavesNothing(async () => {
      assert.equal(await ask(`${vault.url}/fal/proxy/t_${short.ticket}`, APP, { body: long() }), 401);
      assert.equal(await ask(live, APP, { body: long() }), 403);
      for (const target of [APP, RUN]) assert.equal(await ask(other, target, { body: long() }), 403);
      assert.equal(await ask(`${vault.url}/fal/proxy`, APP, { body: long() }), 401);
    });
  });

  it("an invalid submission leaves nothing", async () => {
    const url = await ticketed(vault, { count: 5 });
    await leavesNothing(async () => {
      assert.equal(await ask(url, `${APP}?fal_webhook=http://10.0.0.1/`, { body: long() }), 400);
      assert.equal(await ask(url, APP, { body: long(LIMIT) }).catch(unread), 413);
      assert.equal(await ask(url, APP, { body: Buffer.concat([Buffer.from(long()), Buffer.from([0xff])]) }), 400);
      assert.equal(await ask(url, APP, { body: long(), headers: { "idempotency-key": "k".repeat(300) } }), 400);
      assert.equal(await ask(url, "https://evil.example/", { body: long() }), 400);
    });
  });

  it("a refused delivery leaves nothing", async () => {
    const send = async (path, body, headers) => (await vault.post(path, body, headers)).status;
    const event = () => JSON.stringify({ eventType: "completed", jobId: `refused-${(n += 1)}`, pad: "x".repeat(MIB) });
    const signature = { "webhook-id": "1", "webhook-timestamp": `${Math.floor(Date.now() / 1_000)}`, "webhook-signature": "v1,AAAA" };
    await leavesNothing(async () => {
      assert.equal(await send(`/hook/${HOOK_TOKEN}/order-7`, event(), signature), 401);
      assert.equal(await send("/hook/wrong-token-0123456789/order-7", event()), 401);
      assert.equal(await send(`/hook/r_gw-${"0".repeat(32)}.${"0".repeat(32)}`, event()), 401);
      assert.equal(await send(`/hook/${HOOK_TOKEN}`, "x".repeat(LIMIT + 1)).catch(unread), 413);
    });
  });

  it("a delivery that its job refuses is only in the box, even after it is assigned again", async () => {
    await vault.deliver({ eventType: "acquired", jobId: "taken", queueName: "free", workerName: "w", leaseExpiry: 1, acquiredAt: 1 });
    const body = JSON.stringify({ request_id: "taken", gateway_request_id: "taken", status: "OK",
      payload: { text: "x".repeat(MIB) } });
    const { status, unmatched } = await vault.deliver(body);
    assert.deepEqual([status, await vault.keys("bodies/taken/")], [202, []]);
    const assigned = await vault.post(`/unmatched/${unmatched}?job=taken`, "", { authorization: `Bearer ${API_TOKEN}` });
    assert.deepEqual([assigned.status, await vault.keys("bodies/taken/")], [409, []]);
  });
});

describe("what the queue refuses", () => {
  let origin, vault;
  before(async () => {
    origin = await startOrigin();
    vault = await startVault({ vars: queuesAt(origin) });
    origin.on("/queue/no", says({ detail: "no such model" }, 422));
    origin.on("/fal/queue/no", says({ detail: "no such model" }, 422));
    origin.on("/fal/queue/later", says({ detail: "later" }, 429));
  });
  after(() => stopAll(vault, origin));

  it("is a failed job with the queue's error, and at most 16 KiB of its input", async () => {
    for (const [bytes, kept] of [[100, true], [16_000, true], [20_000, false], [100_000, false], [MIB, false], [3 * MIB, false]]) {
      const body = long(bytes);
      const { status, json, headers } = await call(vault, "POST", "/queue/no", { body });
      assert.deepEqual([status, json.detail], [422, "no such model"]);
      const at = headers.get("x-hookvault-job");
      const job = await vault.settled(at);
      assert.deepEqual([job.status, job.error], ["failed", "no such model"]);
      assert.deepEqual(job.input, kept ? JSON.parse(body) : null);
      const [first] = await vault.events(at);
      assert.deepEqual([first.bytes, /its input is too long to keep/.test(first.detail)], [body.length, !kept]);
      const whole = await vault.get(`/jobs/${at}/events/1/body`);
      assert.equal(whole.status, kept ? 200 : 404, await whole.text());
      await eventually("nothing is left in the bucket", async () => (await vault.keys("bodies/")).length === 0 || undefined);
    }
    const { rows } = await vault.objects("Job");
    const holds = (value) => Buffer.from(value instanceof Uint8Array ? value : `${value}`).includes("x".repeat(17_000));
    assert.ok(!rows.flat().some((row) => Object.values(row).some(holds)));
  });

  it("leaves nothing more when a key is repeated, even many times at once", async () => {
    const body = long();
    for (const [path, many] of [["/queue/no", 4], ["/fal/queue/later", 2]]) {
      const headers = { "idempotency-key": path };
      const all = await Promise.all(Array.from({ length: many }, () => call(vault, "POST", path, { body, headers })));
      all.push(await call(vault, "POST", path, { body, headers }));
      assert.deepEqual([...new Set(all.map(({ status }) => status))], [path === "/queue/no" ? 422 : 429]);
      await eventually("nothing is left in the bucket", async () => (await vault.keys("bodies/")).length === 0 || undefined);
    }
  });

  it("counts as a use of its ticket", async () => {
    const url = await ticketed(vault, { count: 2 });
    const submit = async () => (await fetch(url, { method: "POST", body: long(), headers: { connection: "close",
      "x-fal-target-url": "https://queue.fal.run/no" } })).status;
    assert.deepEqual([await submit(), await submit(), await submit()], [422, 422, 403]);
  });
});

describe("a submission that ends while its input is written", () => {
  it("leaves nothing once no job can follow", async (context) => {
    const origin = await startOrigin();
    const vault = await startVault({ vars: { ...queuesAt(origin) }, change: withEntry("halting") });
    context.after(() => stopAll(vault, origin));
    const left = call(vault, "POST", "/queue/m", { body: long() });
    await eventually("the input is in the bucket", async () => (await vault.keys("bodies/")).length === 1 || undefined);
    assert.equal((await left).status, 500);
    await eventually("the input is gone", async () => (await vault.keys("bodies/")).length === 0 || undefined);
    assert.deepEqual(await vault.json("/jobs").then(({ jobs }) => jobs), []);
    assert.deepEqual(origin.requestsMade(), []);
  });
});
