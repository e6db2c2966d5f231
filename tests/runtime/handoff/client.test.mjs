// Hand-off: the client's own webhook gets the queue's events, signed, once its files are safe.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pythonClients } from "../../../tools/setup/python.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { sha256, startUpstream } from "../support/servers/upstream.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";
import { LIBRARIES, verify } from "../support/programs/webhook-libraries.mjs";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER_SECRET = `whsec_${"B".repeat(32)}`;
const SEED = "196619188014358660";
const types = (requests) => requests.map(({ json }) => json.eventType);

let upstream, receiver, vault;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 4_096 } });
  receiver = await startReceiver();
  vault = await startVault({ sources: `${upstream.sources},${receiver.url}`,
    vars: { ...upstream.vars, HANDOFF_SECRET: `${SECRET},${OLDER_SECRET}` } });
});
after(() => stopAll(vault, receiver, upstream));

/** Submits a job whose webhook is `path` of the receiver. */
async function submit(path, { knobs = {}, headers = {}, inHeader = false } = {}) {
  const url = `${receiver.url}${path}`;
  const query = inHeader ? "" : `?fal_webhook=${encodeURIComponent(url)}`;
  const response = await fetch(`${vault.url}/queue/wan22-fast-t2v${query}`, {
    method: "POST", body: `{"prompt":"x","seed":${SEED},"_sim":${JSON.stringify(knobs)}}`,
    headers: { authorization: `Bearer ${API_TOKEN}`, ...(inHeader && { "x-pipelet-webhook": url }), ...headers },
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  vault.watch(answer.request_id);
  return answer.request_id;
}

/** Returns the requests to `path`, once there are `n`. */
const received = (path, n) => eventually(`${n} requests came to ${path}`, () => {
  const all = receiver.requests.filter((request) => request.path === path);
  return all.length >= n ? all : undefined;
});
const handedOff = (id, state) => eventually(`${id} is ${state}`, async () => {
  const { handoff } = await vault.job(id);
  return handoff?.state === state ? handoff : undefined;
});

describe("the client's own webhook", () => {
  for (const inHeader of [false, true]) {
    const place = inHeader ? "header" : "query";
    it(`given in the ${place} gets each event, the end with durable URLs`, async () => {
      const id = await submit(`/${place}`, { inHeader });
      const [acquired, completed] = await received(`/${place}`, 2);
      assert.deepEqual(types([acquired, completed]), ["acquired", "completed"]);
      assert.deepEqual([acquired, completed].map(({ json }) => String(json.jobId)), [id, id]);
      assert.equal(acquired.json.webhookUrl, `${receiver.url}/${place}`);
      assert.ok(acquired.json.leaseExpiry > acquired.json.acquiredAt);
      // The webhook is sent when the job is settled, so the file exists.
      const { files: [file] } = await upstream.job(id);
      const bytes = Buffer.from(await (await fetch(completed.json.video.data_uri)).arrayBuffer());
      assert.equal(sha256(bytes), file.sha256);
      assert.ok(completed.body.includes(`"seed":${SEED}`), completed.body);
      assert.doesNotMatch(acquired.body + completed.body, /\/hook\/|X-Amz/);
      const { messages } = await handedOff(id, "delivered");
      assert.deepEqual(messages.map(({ eventType, state }) => [eventType, state]),
        [["acquired", "delivered"], ["completed", "delivered"]]);
    });
  }

  it("gets a failure in the upstream's words, and a cancellation", async () => {
    await submit("/failed", { knobs: { outcome: "failed", error: { code: "OOM" } } });
    const failed = (await received("/failed", 2)).at(-1).json;
    assert.deepEqual([failed.eventType, failed.error], ["failed", { code: "OOM" }]);
    const id = await submit("/cancelled", { knobs: { queueMs: 60_000 } });
    await fetch(`${vault.url}/queue/wan22-fast-t2v/requests/${id}/cancel`,
      { method: "PUT", headers: { authorization: `Bearer ${API_TOKEN}` } });
    const [cancelled] = await received("/cancelled", 1);
    assert.deepEqual([cancelled.json.eventType, String(cancelled.json.jobId)], ["cancelled", id]);
  });

  it("gets a result whose own webhook was lost", async () => {
    const id = await submit("/healed", { knobs: { webhook: { lose: ["completed"] } } });
    await upstream.idle();
    await fetch(`${vault.url}/queue/wan22-fast-t2v/requests/${id}`, { headers: { authorization: `Bearer ${API_TOKEN}` } });
    const completed = (await received("/healed", 2)).at(-1);
    assert.deepEqual([completed.json.eventType, completed.json.jobId], ["completed", id]);
    assert.ok(completed.json.video.data_uri.startsWith(`${vault.url}/files/`));
    assert.ok(completed.body.includes(`"seed":${SEED}`));
  });

  it("gets the same message until it accepts it", async () => {
    receiver.answers.push({}, { status: 500 }, { reset: true }, { never: true }, { status: 301, headers: { location: "/elsewhere" } });
    const id = await submit("/again");
    const all = await received("/again", 6);
    const ends = all.filter(({ json }) => json.eventType === "completed");
    assert.equal(ends.length, 5);
    assert.equal(new Set(ends.map(({ headers }) => headers["webhook-id"])).size, 1);
    assert.equal(new Set(ends.map(({ body }) => body)).size, 1);
    const [, message] = (await handedOff(id, "delivered")).messages;
    assert.deepEqual([message.attempts, message.error], [4, null]);
    const details = (await vault.events(id)).filter(({ outcome }) => outcome === "handoff").map(({ detail }) => detail);
    for (const why of ["answers 500", "can't be reached", "in time", "answers 301; a redirect is not followed"]) {
      assert.ok(details.some((detail) => detail.includes(why)), `${why}: ${details}`);
    }
    assert.equal(receiver.requests.filter(({ path }) => path === "/elsewhere").length, 0);
  });

  it("that answers 410 gets nothing more until the owner asks for it", async () => {
    receiver.answers.push({ status: 410 });
    const id = await submit("/gone");
    await vault.settled(id);
    await handedOff(id, "failed");
    assert.equal((await received("/gone", 1)).length, 1);
    const again = await vault.post(`/jobs/${id}/handoff`, "", { authorization: `Bearer ${API_TOKEN}` });
    assert.equal(again.status, 202);
    assert.equal((await again.json()).handoff.state, "pending");
    assert.deepEqual(types(await received("/gone", 2)), ["acquired", "completed"]);
    await handedOff(id, "delivered");
  });

  it("gets its message although the Worker was stopped in between", async () => {
    receiver.answers.push({}, { status: 503 }, { status: 503 });
    const id = await submit("/restart");
    await received("/restart", 2);
    await vault.restart();
    const all = await received("/restart", 4);
    const ids = all.slice(1).map(({ headers }) => headers["webhook-id"]);
    assert.equal(new Set(ids).size, 1);
    await handedOff(id, "delivered");
  });

  it("is shown nowhere, because its URL may contain a secret", async () => {
    const id = await submit("/secret-path?key=secret-query");
    await received("/secret-path", 2);
    await handedOff(id, "delivered");
    const told = JSON.stringify([await vault.job(id), await vault.events(id), vault.logs]);
    assert.doesNotMatch(told, /secret-path|secret-query/);
  });

  for (const [url, why] of [
    ["http://app.example/hook", "is not https"],
    ["https://10.0.0.1/hook", "is not a public host"],
    ["http://127.0.0.1:1/hook", "is a local address and not in ALLOWED_SOURCE_HOSTS"],
    ["https://u:p@app.example/", "has a user name"],
    ["nonsense", "is not a URL"],
  ]) {
    it(`can't be ${url}`, async () => {
      const response = await fetch(`${vault.url}/queue/m?fal_webhook=${encodeURIComponent(`${url}?s3cret`)}`,
        { method: "POST", body: "{}", headers: { authorization: `Bearer ${API_TOKEN}` } });
      const { detail } = await response.json();
      assert.equal(response.status, 400, detail);
      assert.ok(detail.includes(why) && detail.includes("`fal_webhook`") && !detail.includes("s3cret"), detail);
    });
  }
});

describe("a signature", () => {
  const signed = async () => {
    await submit("/signed");
    return (await received("/signed", 2)).at(-1);
  };
  for (const library of LIBRARIES.js) {
    it(`is verified by ${library}, with the present and the former secret`, async () => {
      const { headers, body } = await signed();
      for (const secret of [SECRET, OLDER_SECRET]) {
        assert.deepEqual(await verify(library, secret, headers, body), { valid: true });
      }
      const other = await verify(library, `whsec_${"C".repeat(32)}`, headers, body);
      assert.equal(other.valid, false);
    });
  }

  describe("in Python", { skip: lacking("python3 with venv") }, () => {
    before(() => pythonClients.ensure());
    for (const library of LIBRARIES.python) {
      it(`is verified by ${library}`, async () => {
        const { headers, body } = await signed();
        assert.deepEqual(await verify(library, SECRET, headers, body), { valid: true });
      });
    }
  });
});

describe("a job whose id was known before", () => {
  it("is the same job, and still has its input and its webhook", async () => {
    const [last] = (await (await fetch(`${upstream.url}/_sim/jobs`)).json()).jobs.slice(-1);
    const id = String(Number(last.id) + 1);
    await vault.deliver({ eventType: "acquired", jobId: id, updatedAt: 1 });
    assert.equal(await submit("/moved", { knobs: { queueMs: 200 } }), id);
    await vault.settled(id);
    const completed = (await received("/moved", 2)).at(-1);
    assert.deepEqual([completed.json.eventType, String(completed.json.jobId)], ["completed", id]);
    assert.equal((await vault.job(id)).input.prompt, "x");
    const file = await fetch(completed.json.video.data_uri);
    assert.equal(file.status, 200);
    await file.arrayBuffer();
  });
});
