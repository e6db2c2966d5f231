// Failures of the upstream: the client gets its status and text, or a 502, and the record says what happened.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { call, queuesAt, says } from "../support/calls.mjs";
import { reset, startOrigin } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";

const MIB = 1024 * 1024;
const page = "<!doctype html><title>502</title>";
const html = (status) => (response) => response.writeHead(status, { "content-type": "text/html" }).end(page);
const bytes = (status, body, type = "application/json") => (response) =>
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
const half = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": 1_000 });
  response.write('{"request_id":"1"', () => response.socket.destroySoon());
};
const silent = () => {};
const begun = (response) => response.writeHead(200, { "content-type": "application/json" }).write("{");
const long = (id, size) => JSON.stringify({ request_id: id, more: "x".repeat(size) });

/** Answers to a submission, with the client's status and text, and the error in the record. */
const REFUSALS = [
  ["401", says({ detail: "bad key" }, 401), 401, '{"detail":"bad key"}', "bad key"],
  ["403", says({ error: "no funds" }, 403), 403, '{"error":"no funds"}', "no funds"],
  ["422", says('{"detail":[{"loc":["body"],"seed":1e400}]}', 422), 422, '{"detail":[{"loc":["body"],"seed":1e400}]}', undefined],
  ["429", says({ detail: "slow down" }, 429, { "retry-after": "7" }), 429, '{"detail":"slow down"}', "slow down"],
  ["500 of no words", (response) => response.writeHead(500).end(), 500, "", "the upstream refused the submission (500)"],
  ["503", says({ message: "later" }, 503, { "retry-after": "7" }), 503, '{"message":"later"}', "later"],
  ["422 in Latin-1", bytes(422, Buffer.from('{"detail":"zu gro\xdf"}', "latin1")), 422, '{"detail":"zu gro\ufffd"}', "zu gro\ufffd"],
  ["502 as a page", html(502), 502, page, page],
  ["200 as a page", html(200), 200, page, page],
  ["200 of nothing", bytes(200, ""), 200, "", "the upstream's answer to the submission has no request id"],
  ["204", (response) => response.writeHead(204).end(), 204, "", "the upstream's answer to the submission has no request id"],
  ["200 without an id", says({ ok: true }), 200, '{"ok":true}', undefined],
  ["200 with an id that is not valid", says({ request_id: "../../x" }), 200, undefined, undefined],
];
const BREAKS = [
  ["reset", reset, /can't be reached/], ["half an answer", half, /ended early/],
  ["a redirect", (response) => response.writeHead(307, { location: "https://evil.example/" }).end(), /answers 307/],
  ["not modified", (response) => response.writeHead(304).end(), /answers 304/], ["40 MiB", bytes(200, long("40", 40 * MIB)), /over 33554432 bytes/],
  ["silence", silent, /not answer in time/], ["silence after a byte", begun, /not answer in time/],
];
const slug = (name) => name.replaceAll(" ", "-");

describe("a submission to which the upstream answers", () => {
  let origin, vault;
  before(async () => {
    origin = await startOrigin();
    vault = await startVault({ vars: queuesAt(origin) });
  });
  after(() => stopAll(vault, origin));

  const submit = async (name, step) => {
    origin.on(`/queue/${slug(name)}`, step);
    const answer = await call(vault, "POST", `/queue/${slug(name)}`, { body: { prompt: name } });
    return { answer, job: await vault.job(answer.headers.get("x-hookvault-job")) };
  };

  for (const [name, step, status, text, error] of REFUSALS) {
    it(`${name} is passed on, and the job has failed`, async () => {
      const { answer, job } = await submit(name, step);
      assert.equal(answer.status, status);
      if (text !== undefined) assert.equal(answer.text, text);
      assert.equal(answer.headers.get("retry-after"), [429, 503].includes(status) ? "7" : null);
      assert.equal(job.status, "failed");
      if (error) assert.ok(JSON.stringify(job.error).includes(JSON.stringify(error).slice(1, -1)), JSON.stringify(job.error));
      assert.deepEqual(job.input, { prompt: name });
      const [, told] = await vault.events(answer.headers.get("x-hookvault-job"));
      assert.match(told.detail, status < 300 ? /has no request id/ : new RegExp(`refused the submission \\(${status}\\)`));
    });
  }

  it("nothing usable is a 502 in plain JSON, and the job has failed", { timeout: 60_000 }, async () => {
    const ended = await Promise.all(BREAKS.map(([name, step]) => submit(name, step)));
    for (const [n, { answer, job }] of ended.entries()) {
      const [name, , words] = BREAKS[n];
      assert.equal(answer.status, 502, name);
      assert.equal(answer.headers.get("content-type"), "application/json");
      assert.match(answer.json.detail, words);
      assert.equal(answer.json.message, answer.json.detail);
      assert.equal(job.status, "failed");
      assert.match(job.error, words);
    }
  });

  it("10 MiB with an id is a job, passed on whole; its key is remembered", async () => {
    const body = long("7010", 10 * MIB);
    const headers = { "idempotency-key": "long" };
    origin.on("/queue/long", bytes(200, body), reset);
    const answer = await call(vault, "POST", "/queue/long", { body: "{}", headers });
    assert.deepEqual([answer.status, answer.text.length, answer.headers.get("x-hookvault-job")], [200, body.length, "7010"]);
    assert.equal((await vault.job("7010")).status, "queued");
    const again = await call(vault, "POST", "/queue/long", { body: "{}", headers });
    assert.deepEqual([again.status, again.json.request_id], [200, "7010"]);
    assert.equal(again.json.status_url, `${vault.url}/queue/long/requests/7010/status`);
    assert.equal(origin.requests("/queue/long").length, 1);
  });
});

describe("a request to which the upstream answers", () => {
  let origin, vault;
  before(async () => {
    origin = await startOrigin();
    vault = await startVault({ vars: queuesAt(origin) });
    origin.on("/queue/m", says({ request_id: "1" }));
    await call(vault, "POST", "/queue/m", { body: "{}" });
  });
  after(() => stopAll(vault, origin));
  const QUESTIONS = [["GET", "/status"], ["GET", ""], ["PUT", "/cancel"]];

  it("an error is passed on, also for an unknown job", async () => {
    for (const id of ["1", "2"]) {
      for (const [method, end] of QUESTIONS) {
        for (const [status, headers] of [[401, {}], [429, { "retry-after": "7" }], [500, {}], [503, { "retry-after": "7" }]]) {
          origin.on(`/queue/m/requests/${id}${end}`, says({ detail: `no ${status}` }, status, headers));
          const answer = await call(vault, method, `/queue/m/requests/${id}${end}`);
          assert.deepEqual([answer.status, answer.json], [status, { detail: `no ${status}` }], `${method} ${id}${end}`);
          assert.equal(answer.headers.get("retry-after"), headers["retry-after"] ?? null);
        }
      }
    }
  });

  it("nothing usable is a 502 in plain JSON", async () => {
    for (const [method, end] of QUESTIONS) {
      for (const [, step, words] of BREAKS.slice(0, 4)) {
        origin.on(`/queue/m/requests/1${end}`, step);
        const answer = await call(vault, method, `/queue/m/requests/1${end}`, { scheme: "Key" });
        assert.equal(answer.status, 502);
        assert.match(answer.json.detail, words);
        assert.equal(answer.json.message, answer.json.detail);
      }
    }
  });

  it("404 is answered by the vault: while the job is queued, and for good once it has ended", async () => {
    const gone = says({ detail: "unknown job" }, 404);
    for (const [, end] of QUESTIONS) origin.on(`/queue/m/requests/1${end}`, gone);
    const ask = async (end, scheme) => call(vault, "GET", `/queue/m/requests/1${end}`, { scheme });
    assert.deepEqual((await ask("/status")).json.status, "IN_QUEUE");
    await vault.deliver({ eventType: "completed", jobId: "1", seed: 1 });
    for (const scheme of ["Bearer", "Key"]) {
      assert.equal((await ask("/status", scheme)).json.status, "COMPLETED");
      assert.deepEqual((await ask("", scheme)).json, { seed: 1 });
    }
    assert.equal((await call(vault, "PUT", "/queue/m/requests/1/cancel")).status, 409);
    assert.equal((await call(vault, "GET", "/queue/m/requests/404/status")).status, 404);
  });
});
