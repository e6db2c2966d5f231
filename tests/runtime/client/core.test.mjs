// `hookvault/client` in Node: submits, waits, reads, and reports errors.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { HookVault, HookVaultError } from "hookvault/client";
import { acquired, told } from "../support/deliveries.mjs";
import { front } from "../support/servers/front.mjs";
import { listen } from "../support/servers/listen.mjs";
import { sha256, startUpstream } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const APP = "wan22-fast-t2v";
const SEED = "196619188014358660";
const QUICK = { pauseMs: 20 };

let upstream, vault, client;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 4_096 } });
  vault = await startVault({ sources: upstream.sources, vars: { ...upstream.vars, READ_TOKEN } });
  client = new HookVault({ url: `${vault.url}/`, token: API_TOKEN, ...QUICK });
});
after(() => stopAll(vault, upstream));

/** Returns the error of a promise, which must be one of the client's. */
async function errorOf(promise) {
  const error = await promise.then(() => assert.fail("it succeeded"), (caught) => caught);
  assert.ok(error instanceof HookVaultError && error instanceof Error, String(error));
  return error;
}

async function all(iterable) {
  const found = [];
  for await (const one of iterable) found.push(one);
  return found;
}

describe("a job", () => {
  test("is submitted, waited for and read, with its files", async () => {
    const { id, fileUrl, answer } = await client.submit(APP, { prompt: "x", seed: 7 });
    vault.watch(id);
    assert.equal(String(answer.request_id), id);
    assert.ok(answer.status_url.startsWith(`${vault.url}/queue/${APP}/requests/`));
    const job = await client.wait(id);
    assert.deepEqual([job.status, job.archive], ["completed", "stored"]);
    assert.deepEqual(await client.job(id, { isFresh: true }), await vault.job(id));
    assert.deepEqual(await client.result(id), job.result);
    const [file] = await client.files(job);
    assert.ok(file.url.startsWith(`${fileUrl}-`), `${file.url} begins as ${fileUrl}`);
    assert.deepEqual([file.size, file.downloadUrl], [4_096, `${file.url}?download`]);
    const early = await fetch(fileUrl);
    assert.deepEqual([early.status, (await early.arrayBuffer()).byteLength], [200, 4_096]);
    const { files: [{ sha256: hash }] } = await upstream.job(id);
    assert.equal(sha256(Buffer.from(await new Response(await file.stream()).arrayBuffer())), hash);
    const part = await file.response({ range: "bytes=10-19" });
    assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 10]);
    const saved = await fetch(file.downloadUrl);
    assert.match(saved.headers.get("content-disposition"), /^attachment/);
    await saved.arrayBuffer();
    assert.deepEqual((await client.files(id)).map(({ url }) => url), job.files.map(({ url }) => url));
  });

  test("keeps numbers beyond 2^53 in its texts", async () => {
    await vault.deliver(`{"eventType":"completed","jobId":"big","seed":${SEED},"cost":1.10}`);
    assert.equal(await client.result("big", { as: "text" }), `{"seed":${SEED},"cost":1.10}`);
    for (const text of [await client.job("big", { as: "text", isFresh: true }), await client.wait("big", { as: "text" })]) {
      assert.ok(text.includes(`"result":{"seed":${SEED},"cost":1.10}`), text);
      assert.deepEqual(JSON.parse(text), await vault.job("big"));
    }
    for (const until of ["now", "settled"]) {
      const [entry, ...more] = await all(client.events("big", { as: "text", until }));
      assert.ok(entry.includes(`"seed":${SEED},"cost":1.10`) && more.length === 0, entry);
      assert.deepEqual([JSON.parse(entry)], await vault.events("big"));
    }
    const { id } = await client.submit(APP, `{"prompt":"x","seed":${SEED}}`);
    vault.watch(id);
    assert.match(await client.wait(id, { as: "text" }), new RegExp(`"seed": ?${SEED}`));
  });

  test("has its own name in the path, whatever its characters", async () => {
    await vault.deliver(told("failed", "n1", 1), { reference: "a:b.c" });
    assert.equal((await client.job("ref:a:b.c")).id, "n1");
    assert.equal((await errorOf(client.job("../stats"))).status, 404);
    const { id, answer } = await client.submit("fal-ai/flux/dev", { prompt: "x" });
    vault.watch(id);
    assert.ok(answer.status_url.includes("/queue/fal-ai/flux"), answer.status_url);
    await client.wait(id);
  });

  test("that hookvault does not know yet is waited for", async () => {
    const waiting = [client.wait("later"), client.result("later")];
    await vault.deliver(acquired("later", 1));
    await vault.deliver({ eventType: "completed", jobId: "later", text: "done" });
    const [job, result] = await Promise.all(waiting);
    assert.deepEqual([job.status, job.archive, result], ["completed", "none", { text: "done" }]);
  });

  test("that does not end in time is reported, and a caller can stop waiting", async () => {
    await vault.deliver(acquired("slow", 1));
    const begun = Date.now();
    await assert.rejects(client.wait("slow", { timeoutMs: 300 }), { name: "TimeoutError" });
    await assert.rejects(client.result("slow", { timeoutMs: 300 }), { name: "TimeoutError" });
    assert.equal((await errorOf(client.wait("unknown", { timeoutMs: 300 }))).code, "no-such-job");
    await assert.rejects(client.wait("slow", { signal: AbortSignal.abort(new Error("enough")) }), /enough/);
    await assert.rejects(client.wait("slow", { signal: AbortSignal.timeout(200) }), { name: "TimeoutError" });
    assert.ok(Date.now() - begun < 10_000);
    await vault.deliver(told("cancelled", "slow", 2));
  });

  test("is in the list, page by page", async () => {
    for (let n = 0; n < 5; n += 1) await vault.deliver(told("failed", `l${n}`, n), { query: "?tag=paged" });
    const listed = async () => (await all(client.jobs({ tag: "paged", status: ["failed", "cancelled"] }))).map(({ id }) => id);
    await eventually("all are in the list", async () => (await listed()).length === 5 || undefined);
    assert.deepEqual((await listed()).sort(), ["l0", "l1", "l2", "l3", "l4"]);
  });

  test("has a timeline", async () => {
    await vault.deliver(acquired("t1", 1));
    await vault.deliver(told("failed", "t1", 2, { error: { code: "OOM" } }));
    const types = async (options) => (await all(client.events("t1", options))).map(({ eventType }) => eventType);
    for (const until of ["now", "settled"]) assert.deepEqual(await types({ until }), ["acquired", "failed"], until);
    assert.deepEqual(await types({ after: 1, until: "now" }), ["failed"]);
  });
});

describe("an error", () => {
  test("has the fields of the problem", async () => {
    const error = await errorOf(client.job("unknown-1"));
    const { status, code, title, detail, retryAfter, name } = error;
    assert.deepEqual([status, code, retryAfter, name], [404, "no-such-job", undefined, "HookVaultError"]);
    assert.ok(title && detail && error.message === `404 no-such-job: ${detail}`, error.message);
    const none = new HookVault({ url: vault.url, token: "wrong-token-0123456789" });
    assert.equal((await errorOf(none.job("t1"))).code, "wrong-token");
    const reader = new HookVault({ url: vault.url, token: READ_TOKEN });
    assert.equal((await reader.job("t1")).status, "failed");
    assert.deepEqual([(await errorOf(reader.ticket({ scope: "live" }))).code, (await errorOf(reader.submit(APP, {}))).code],
      ["read-only", "read-only"]);
  });

  test("of a failed job has the queue's own error", async () => {
    const { status, code, error } = await errorOf(client.result("t1"));
    assert.deepEqual({ status, code, error }, { status: 409, code: "no-result", error: { code: "OOM" } });
  });

  test("of the gateway, and of the queue itself, has the same fields", async () => {
    const refused = await errorOf(client.submit(APP, { prompt: "x" }, { webhook: "http://10.0.0.1/hook" }));
    assert.deepEqual([refused.status, refused.code], [400, "bad-parameter"]);
    assert.match(refused.detail, /fal_webhook/);
  });

  test("that passes is followed by a repetition, any other is not", async (t) => {
    const [seen, answers] = [[], []];
    const server = await listen(createServer((request, response) => {
      seen.push(request.headers);
      const [status, headers, body] = answers.shift();
      response.writeHead(status, headers).end(body);
    }));
    t.after(server.stop);
    const other = new HookVault({ url: server.url, token: "secret-token", ...QUICK });
    const busy = JSON.stringify({ type: "about:blank", title: "Busy", status: 503, code: "not-ready", detail: "later" });
    answers.push([503, { "retry-after": "1" }, busy], [200, {}, '{"id":"7"}']);
    const begun = Date.now();
    assert.equal((await other.job("7")).id, "7");
    assert.ok(Date.now() - begun >= 990, "it waits as long as the answer says");
    answers.push(...Array(3).fill([503, { "retry-after": "0" }, busy]));
    assert.equal((await errorOf(other.job("7"))).retryAfter, 0);
    answers.push([502, {}, "<html>bad gateway</html>"]);
    const { status, code, detail, title } = await errorOf(other.job("7"));
    assert.deepEqual([status, code, detail, title], [502, undefined, "<html>bad gateway</html>", "Bad Gateway"]);
    assert.equal(seen.length, 6);
  });

  test("of a connection is not one of the client's", async () => {
    const nowhere = new HookVault({ url: "http://127.0.0.1:1", token: "t", ...QUICK });
    await assert.rejects(nowhere.job("7"), TypeError);
    assert.throws(() => new HookVault({ url: "ftp://vault.example" }), /https/);
  });
});

describe("the token", () => {
  test("is sent to hookvault, and to no file's address", async (t) => {
    const seen = [];
    const server = await listen(createServer((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      response.end("{}");
    }));
    t.after(server.stop);
    const other = new HookVault({ url: vault.url, token: API_TOKEN });
    const [file] = await other.files({ files: [{ url: `${server.url}/file` }] });
    await (await file.response()).text();
    await new HookVault({ url: server.url, token: API_TOKEN }).job("7");
    await new HookVault({ url: server.url, ticket: "a.b" }).job("7");
    assert.deepEqual(seen, [["/file", undefined], ["/jobs/7", `Bearer ${API_TOKEN}`], ["/jobs/7?ticket=a.b", undefined]]);
    assert.ok(!JSON.stringify(other).includes(API_TOKEN));
  });

  test("of the webhook is in its URL", () => {
    assert.equal(client.hookUrl(HOOK_TOKEN), `${vault.url}/hook/${HOOK_TOKEN}`);
    assert.equal(client.hookUrl("t", { reference: "order-7", app: "fal-ai/flux", tags: ["a", "b"] }),
      `${vault.url}/hook/t/order-7?app=fal-ai%2Fflux&tag=a&tag=b`);
  });
});

test("a submission whose answer is lost is sent again, and is one job", async (t) => {
  const door = await front(vault.url, { only: "POST /queue/" });
  t.after(door.stop);
  const { jobs: before } = await (await fetch(`${upstream.url}/_sim/jobs`)).json();
  door.breakNext();
  const behind = new HookVault({ url: door.url, token: API_TOKEN, ...QUICK });
  const { id } = await behind.submit(APP, { prompt: "once" });
  vault.watch(id);
  assert.equal(door.broken(), 1);
  const { jobs } = await (await fetch(`${upstream.url}/_sim/jobs`)).json();
  assert.equal(jobs.length, before.length + 1);
  const again = { idempotencyKey: "order-7" };
  const [first, second] = [await client.submit(APP, { prompt: "y" }, again), await client.submit(APP, { prompt: "y" }, again)];
  assert.equal(first.id, second.id);
  vault.watch(first.id);
  await Promise.all([client.wait(id), client.wait(first.id)]);
});
