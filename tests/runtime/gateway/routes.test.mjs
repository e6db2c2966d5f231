// The gateway: the upstream's own routes in front of the upstream.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { call as callOf } from "../support/calls.mjs";
import { startUpstream, sha256 } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";

const APP = "wan22-fast-t2v";
let upstream, vault;
before(async () => {
  upstream = await startUpstream();
  vault = await startVault({ sources: upstream.sources, vars: upstream.vars });
});
after(() => stopAll(vault, upstream));

const call = (...asked) => callOf(vault, ...asked);

async function submit({ app = APP, queue = "/queue", knobs = {}, input = {}, query = "", ...more } = {}) {
  const body = { prompt: "an astronaut", ...input, _sim: knobs };
  const answer = await call("POST", `${queue}/${app}${query}`, { body, ...more });
  if (answer.status === 200) vault.watch(answer.json.request_id);
  return answer;
}

const requests = (id, queue = "/queue") => `${queue}/${APP}/requests/${id}`;

describe("a submission", () => {
  it("goes to the upstream and is a job here with its input", async () => {
    const answer = await submit({ knobs: { size: 4_096 }, input: { seed: 7 } });
    assert.equal(answer.status, 200);
    const { request_id: id, status_url, response_url, cancel_url } = answer.json;
    const at = `${vault.url}${requests(id)}`;
    assert.deepEqual([response_url, status_url, cancel_url], [at, `${at}/status`, `${at}/cancel`]);
    assert.equal(answer.headers.get("x-hookvault-job"), id);
    const job = await vault.settled(id);
    assert.deepEqual([job.app, job.status, job.archive], [APP, "completed", "stored"]);
    assert.equal(job.input.seed, 7);
    const events = await vault.events(id);
    assert.match(events[0].detail, /submitted through the gateway/);
    assert.deepEqual([...new Set(events.filter(({ trust }) => trust).map(({ trust }) => trust))], ["capability"]);
    const file = await fetch(answer.headers.get("x-hookvault-file"));
    const { files } = await upstream.job(id);
    assert.equal(sha256(Buffer.from(await file.arrayBuffer())), files[0].sha256);
  });

  it("keeps a seed past 2^53 and every byte of the input", async () => {
    const body = `{ "prompt":"x", "seed": 196619188014358660,\n "_sim": {} }`;
    const answer = await call("POST", `/queue/${APP}`, { body });
    vault.watch(answer.json.request_id);
    const id = answer.json.request_id;
    await vault.settled(id);
    const first = await (await vault.get(`/jobs/${id}/events/1/body`)).text();
    assert.equal(first, body);
    assert.match(await (await vault.get(`/jobs/${id}/result`)).text(), /"seed":196619188014358660/);
    assert.equal((await upstream.job(id)).seed, "196619188014358660");
  });

  it("that the upstream refuses keeps the refusal's status and text", async () => {
    await upstream.setKnobs({ fail: { submit: { status: 422, times: 1 } } });
    const answer = await submit();
    assert.deepEqual([answer.status, answer.json], [422, { detail: "knob fail: submit" }]);
    const job = await vault.job(answer.headers.get("x-hookvault-job"));
    assert.deepEqual([job.status, job.error, job.id], ["failed", "knob fail: submit", job.id]);
  });

  it("without a token, or with a wrong one, is refused in plain JSON", async () => {
    for (const authorization of [undefined, "Bearer wrong-token-0123456789", "Key "]) {
      const headers = authorization ? { authorization } : {};
      const response = await fetch(`${vault.url}/queue/${APP}`, { method: "POST", headers, body: "{}" });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("content-type"), "application/json");
      const { detail, message } = await response.json();
      assert.equal(detail, message);
    }
  });
});

describe("requests about a submission", () => {
  it("are answered by the upstream while it runs, and by the vault afterwards", async () => {
    const { json: { request_id: id } } = await submit({ knobs: { queueMs: 3_000, runMs: 300 } });
    const waiting = await call("GET", `${requests(id)}/status`);
    assert.deepEqual([waiting.json.status, waiting.json.queue_position], ["IN_QUEUE", 0]);
    assert.equal(waiting.json.response_url, `${vault.url}${requests(id)}`);
    const early = await call("GET", requests(id));
    assert.deepEqual([early.status, early.json.detail], [400, "Request is still in progress"]);
    const job = await vault.settled(id);
    const ended = await call("GET", `${requests(id)}/status`);
    assert.deepEqual([ended.json.status, ended.json.request_id], ["COMPLETED", id]);
    const result = await call("GET", requests(id));
    assert.equal(result.headers.get("x-fal-request-id"), id);
    assert.equal(result.json.video.data_uri, job.files[0].url);
    assert.equal((await call("PUT", `${requests(id)}/cancel`)).status, 409);
    assert.equal((await call("PUT", `${requests(id)}/cancel`, { scheme: "Key" })).status, 400);
  });

  it("know a cancelled job", async () => {
    const { json: { request_id: id } } = await submit({ knobs: { queueMs: 60_000 } });
    assert.equal((await call("PUT", `${requests(id)}/cancel`)).status, 204);
    const job = await vault.settled(id);
    assert.equal(job.status, "cancelled");
    assert.equal((await call("GET", `${requests(id)}/status`)).json.status, "CANCELLED");
    assert.equal((await call("GET", `${requests(id)}/status`, { scheme: "Key" })).json.status, "COMPLETED");
    assert.equal((await call("GET", requests(id))).status, 422);
  });

  it("know a failed job and its error", async () => {
    const { json: { request_id: id } } = await submit({ knobs: { outcome: "failed", error: { code: "OOM" } } });
    await vault.settled(id);
    const status = await call("GET", `${requests(id)}/status`, { scheme: "Key" });
    assert.deepEqual([status.json.status, status.json.error], ["COMPLETED", '{"code":"OOM"}']);
    const result = await call("GET", requests(id), { scheme: "Key" });
    assert.deepEqual([result.status, result.json.detail], [422, { code: "OOM" }]);
  });

  it("have a result although no webhook arrived", async () => {
    const webhook = { lose: ["acquired", "completed"] };
    const { json: { request_id: id } } = await submit({ knobs: { size: 4_096, webhook } });
    await upstream.idle();
    const result = await call("GET", requests(id));
    assert.equal(result.status, 200);
    assert.match(result.json.video.data_uri, new RegExp(`^${vault.url}/files/`));
    await vault.settled(id);
  });

  it("stream each status up to the last", async () => {
    const { json: { request_id: id } } = await submit({ knobs: { queueMs: 3_000, runMs: 300 } });
    const response = await fetch(`${vault.url}${requests(id)}/status/stream`, {
      headers: { authorization: `Key ${API_TOKEN}` },
    });
    assert.match(response.headers.get("content-type"), /^text\/event-stream/);
    const frames = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("data: "));
    const statuses = [...new Set(frames.map((frame) => JSON.parse(frame.slice(6)).status))];
    assert.deepEqual(statuses.filter((word) => word !== "IN_PROGRESS"), ["IN_QUEUE", "COMPLETED"]);
    await vault.settled(id);
  });

  it("about a job that is unknown here go to the upstream", async () => {
    const { status, json } = await call("GET", `${requests("999999999")}/status`);
    assert.deepEqual([status, json.detail], [404, 'no request "999999999" of "wan22-fast-t2v"']);
  });
});

describe("the same submission", () => {
  it("sent four times is four jobs, one after the other or at once", async () => {
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push((await submit()).json.request_id);
    const input = { prompt: "at once" };
    const all = await Promise.all([1, 2, 3, 4].map(() => submit({ input })));
    ids.push(...all.map(({ json }) => json.request_id));
    assert.equal(new Set(ids).size, 8);
  });

  it("with a key is one job, and another body with that key is refused", async () => {
    const headers = { "idempotency-key": "order-7" };
    const [one, other] = await Promise.all([submit({ headers }), submit({ headers })]);
    const third = await submit({ headers });
    assert.deepEqual([other.json, third.json], [one.json, one.json]);
    const wrong = await submit({ headers, input: { prompt: "another" } });
    assert.equal(wrong.status, 422);
    assert.match(wrong.json.detail, /Idempotency-Key/);
  });

  it("with a key is retried after a refusal that asks for patience", async () => {
    const headers = { "idempotency-key": "order-8" };
    await upstream.setKnobs({ fail: { submit: { status: 503, times: 1 } } });
    assert.equal((await submit({ headers })).status, 503);
    const second = await submit({ headers });
    assert.equal(second.status, 200);
    assert.equal((await submit({ headers })).json.request_id, second.json.request_id);
  });
});

it("no record, event or log contains a capability", async () => {
  const jobs = (await vault.json("/jobs?limit=200")).jobs;
  for (const { id } of jobs) {
    const text = JSON.stringify([await vault.job(id), await vault.events(id)]);
    assert.doesNotMatch(text, /\/hook\/r_/, id);
  }
  assert.doesNotMatch(JSON.stringify(vault.logs), /r_gw-/);
});
