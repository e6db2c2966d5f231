// The sender that a hook's URL names: `?from=`.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN } from "../support/vault.mjs";
import { startServed } from "../support/vaults/served.mjs";

let origin, vault;
before(async () => ({ origin, vault } = await startServed()));
after(() => stopAll(vault, origin));

/** Returns a body with too few members to be recognized as a prediction. */
const short = (id, output) => ({ id, status: "succeeded", output });

const deliver = (body, sender) => vault.deliver(body, { query: `?from=${sender}` });

describe("`?from=` in a hook's URL", () => {
  it("names the sender whose row reads the body", async () => {
    origin.on("/short.png", file(noise(2_048, "short"), { "content-type": "image/png" }));
    const url = `${origin.url}/short.png`;
    assert.equal((await vault.deliver(short("short-0", url))).status, 202, "not recognized");
    const answer = await deliver(short("short-1", url), "replicate");
    assert.deepEqual([answer.status, answer.id, answer.eventType], [200, "short-1", "completed"]);
    const job = await vault.settled("short-1");
    assert.deepEqual([job.provider, job.status, job.archive], ["replicate", "completed", "stored"]);
    assert.equal(await vault.json("/jobs/short-1/result"), job.files[0].url);
  });

  it("reads a body that is too long for memory by the same row", async () => {
    const body = { ...short("short-long", "x".repeat(300_000)), note: "y".repeat(300_000) };
    assert.equal((await deliver(body, "replicate")).status, 200);
    const job = await vault.settled("short-long");
    assert.deepEqual([job.provider, job.status], ["replicate", "completed"]);
    assert.equal((await vault.json("/jobs/short-long/result")).length, 300_000);
  });

  it("yields to a body of another form whose words the row does not know", async () => {
    const body = { request_id: "fal-1", gateway_request_id: "fal-1", status: "OK", payload: { a: 1 } };
    await deliver(body, "replicate");
    assert.equal((await vault.job("fal-1")).provider, "fal");
    await deliver({ eventType: "completed", jobId: "7001", a: 1 }, "replicate");
    assert.equal((await vault.job("7001")).provider, "pipelet");
  });

  it("does not change the sender of a known job", async () => {
    await vault.deliver({ eventType: "completed", jobId: "7002", a: 1 });
    const before = await vault.job("7002");
    const { status, reason } = await deliver(short("7002", "other"), "replicate");
    assert.equal(status, 202);
    assert.match(reason, /7002 is of pipelet, and the delivery of replicate/);
    assert.deepEqual(await vault.job("7002"), before);
  });

  it("is noted and ignored if no sender has that name", async () => {
    const { status } = await deliver({ eventType: "completed", jobId: "7003", a: 1 }, "replicat");
    assert.equal(status, 200);
    assert.match(JSON.stringify(await vault.events("7003")), /`from` is \\"replicat\\", which is the name of no known sender/);
  });

  it("says how a delivery is read that is assigned by hand", async () => {
    const { unmatched: key } = await vault.deliver(short(null, "by hand"));
    assert.ok(key);
    const assigned = await vault.post(`/unmatched/${key}?job=by-hand&create=true&from=replicate`, "", { authorization: `Bearer ${API_TOKEN}` });
    assert.equal(assigned.status, 200, await assigned.clone().text());
    const job = await vault.job("by-hand");
    assert.deepEqual([job.provider, job.status], ["replicate", "completed"]);
  });
});

describe("a sender that must sign", () => {
  const SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=";
  let signing;
  before(async () => ({ vault: signing } = await startServed({ vars: { WEBHOOK_SECRETS: `kling=${SECRET}` } })));
  after(() => stopAll(signing));

  it("is refused unsigned, whatever the hook's URL or another sender's header says", async () => {
    const body = { id: "k1", status: "failed", message: "no", create_time: 1781080778802, update_time: 1781080794151 };
    const other = { "x-openrouter-signature": "t=1,v1=00" };
    for (const options of [{}, { query: "?from=kling" }, { query: "?from=replicate" }, { query: "?from=luma" }, { headers: other }]) {
      assert.equal((await signing.deliver(body, options)).status, 401, JSON.stringify(options));
    }
    assert.equal((await signing.get("/jobs/k1?wait=0")).status, 404);
  });
});
