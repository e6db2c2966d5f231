// Sends every operation of the API with every kind of credential, and checks who is admitted. Nothing that leaves the
// Worker in that run may contain a secret.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { completed, told } from "../support/deliveries.mjs";
import { askable } from "../support/servers/upstream.mjs";
import { presigned, startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";

const OLD_TOKEN = "older-api-token-0123456789";
const UPSTREAM_KEY = "upstream-key-0123456789";

/** Returns what an operation's `security` asks for. */
function kind({ security }) {
  if (security.length === 0) return "open";
  if (security.some((way) => way.hook)) return "hook";
  if (security.some((way) => way.proxyTicket)) return "proxy";
  return security.some((way) => way.ticket) ? "ticket" : "token";
}

describe("the rights of each caller", () => {
  let source;
  let vault;
  let document;
  let credentials;
  let nonce;
  /** Everything that left the Worker: headers and bodies. */
  const left = [];

  before(async () => {
    source = await startSource();
    vault = await startVault({ sources: source.url,
      vars: { ...askable(source.url), READ_TOKEN, API_TOKEN: `${OLD_TOKEN},${API_TOKEN}`, UPSTREAM_API_KEY: UPSTREAM_KEY } });
    // An upstream that knows nothing answers all the same, so work stays pending.
    vault.leaveWork();
    for (const id of ["1", "2"]) {
      await vault.deliver({ ...completed(source.put(`/${id}_0_a.mp4`), id), webhookUrl: vault.hookUrl(),
        other: `https://elsewhere.example/o.png${presigned()}` });
      await vault.settled(id);
    }
    await vault.deliver(told("failed", "3", 1, { error: `see ${vault.hookUrl()}` }));
    await vault.deliver(completed(source.dead("/4_0_a.mp4"), "4"));
    await vault.settled("4");
    [, nonce] = /\/([0-9a-f]{32})\//.exec((await vault.job("1")).files[0].url);
    document = await vault.json("/openapi.json");
    const ticket = async (scope, ttl = 600) => (await (await vault.post("/tickets",
      JSON.stringify({ scope, ttl }), { authorization: `Bearer ${API_TOKEN}` })).json()).ticket;
    // The first token of the list signs.
    const rotated = await ticket("job:1");
    await vault.restart({ API_TOKEN });
    const ended = await ticket("job:1", 1);
    const begun = Date.now();
    credentials = {
      none: {}, wrong: { bearer: "wrong-token-0123456789" }, hook: { bearer: HOOK_TOKEN }, nonce: { bearer: nonce },
      old: { bearer: OLD_TOKEN }, basic: { header: `Basic ${API_TOKEN}` }, read: { bearer: READ_TOKEN },
      api: { bearer: API_TOKEN }, key: { header: `Key ${API_TOKEN}` },
      mine: { ticket: await ticket("job:1") }, other: { ticket: await ticket("job:2") },
      live: { ticket: await ticket("live") }, proxy: { ticket: await ticket("proxy") }, ended: { ticket: ended },
      rotated: { ticket: rotated }, forged: { ticket: `${ended.split(".")[0]}.AAAAAAAAAAAAAAAAAAAAAA` },
    };
    await new Promise((wake) => setTimeout(wake, Math.max(0, begun + 1_200 - Date.now())));
  });
  after(() => stopAll(vault, source));

  /** Returns `undefined` if a credential is admitted, else the status of the refusal. */
  function kept(operation, name) {
    const [is, isRead] = [kind(operation), operation.security.some((way) => way.ticket) || operation.reads];
    if (is === "open") return undefined;
    if (is === "hook") return name === "hook" ? undefined : 401;
    if (name === "api" || name === "key") return undefined;
    if (is === "proxy" && name !== "proxy") return ["mine", "other", "live"].includes(name) ? 403 : 401;
    if (is === "proxy") return undefined;
    if (!isRead) return name === "read" ? 403 : 401;
    if (name === "read") return undefined;
    const fits = operation.operationId === "watch" ? "live" : is === "ticket" ? "mine" : undefined;
    if (name === fits) return undefined;
    return ["mine", "other", "live", "proxy"].includes(name) ? 403 : 401;
  }

  /** Returns the code of a refusal, which distinguishes a missing credential from a wrong one. */
  function why(operation, name) {
    const opens = operation.reads || ["ticket", "proxy"].includes(kind(operation));
    const { ticket, header = "" } = credentials[name];
    if (ticket && opens) return { ended: "ticket-ended", rotated: "wrong-ticket", forged: "wrong-ticket" }[name] ?? "wrong-scope";
    if (name === "read" && kind(operation) === "token") return "read-only";
    return name === "none" || ticket || header.startsWith("Basic") ? "no-token" : "wrong-token";
  }

  async function send(method, path, { bearer, header, ticket }, more = {}) {
    const authorization = header ?? (bearer && `Bearer ${bearer}`);
    const url = new URL(path, vault.url);
    if (ticket) url.searchParams.set("ticket", ticket);
    const body = ["POST", "PUT"].includes(method) ? "{}" : undefined;
    // workerd may close a connection whose body nobody has read, so none is used twice.
    const headers = { connection: "close", ...(authorization && { authorization }), ...more };
    const response = await fetch(url, { method, body, headers });
    const text = await response.text();
    left.push({ what: `${method} ${path}`, text: `${JSON.stringify([...response.headers])}\n${text}` });
    return { status: response.status, text, challenge: response.headers.get("www-authenticate") };
  }

  /** Fills a path so that it leads to something that exists, but not to what a test may delete. */
  const filled = (path) => path.replace("{token}", "wrong-token-0123456789").replace("{reference}", "order-7")
    .replace("/jobs/{id}", "/jobs/1").replace("{id}", "1").replace("{nonce}", nonce).replace("{file}", "0")
    .replace("{app}", "model").replace("{request_id}", "1").replace("{ticket}", "forged-ticket-0123")
    .replace("{key}", "1766868000000-0123456789abcdef").replace("{n}", "1");

  it("each operation admits the credentials that the description names", async () => {
    let cases = 0;
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [verb, operation] of Object.entries(operations)) {
        // Reading the queues' own routes does not count: it costs the upstream something too.
        operation.reads = verb === "get" && !/^\/(fal\/)?queue\//.test(path);
        // A delivery's token is in its path: with a wrong one, no credential helps.
        const hasToken = path.includes("{token}") || path.includes("{ticket}");
        const isProxy = path.startsWith("/fal/proxy");
        const more = isProxy ? { "x-fal-target-url": "https://queue.fal.run/owner/model" } : {};
        // Deletes a job that does not exist, because the test still needs the real one.
        const where = verb === "delete" && path === "/jobs/{id}" ? "/jobs/never" : filled(path);
        for (const [name, credential] of Object.entries(credentials)) {
          for (const method of verb === "get" ? ["GET", "HEAD"] : [verb.toUpperCase()]) {
            const { status, text, challenge } = await send(method, where, credential, more);
            const want = hasToken ? 401 : kept(operation, name);
            const shown = `${method} ${where} with ${name}: ${status}`;
            if (want) assert.equal(status, want, shown);
            else assert.ok(status !== 401 && status !== 403, shown);
            const code = !hasToken ? why(operation, name) : path.includes("{ticket}") ? "wrong-ticket" : "wrong-token";
            if (want === 401) assert.equal(challenge, code === "no-token" ? "Bearer" : 'Bearer error="invalid_token"', shown);
            // fal's clients recognize the proxy's 401 by its single word.
            if (want && method !== "HEAD") assert.equal(isProxy && want === 401 ? code : JSON.parse(text).code, code, shown);
            assert.ok(status < 500, shown);
            if (method === "HEAD") assert.equal(text, "", shown);
            cases += 1;
          }
        }
        const { status } = await send("OPTIONS", filled(path), {});
        // These two are static files, which the platform serves without the Worker.
        assert.equal(status, ["/", "/openapi.json"].includes(path) ? 405 : 204, path);
      }
    }
    assert.ok(cases > 400, `${cases} cases`);
  });

  it("each token learns its own rights", async () => {
    const asked = async (name) => JSON.parse((await send("GET", "/whoami", credentials[name])).text);
    for (const name of ["api", "key", "read"]) {
      const access = name === "read" ? "read" : "api";
      assert.deepEqual(await asked(name), { access, allowedSourceHosts: [source.url] }, name);
    }
  });

  it("no response contains a secret", async () => {
    const api = credentials.api;
    for (const id of ["1", "2", "3", "4"]) {
      for (const more of ["?wait=0", "/result", "/events", "/events/1/body"]) await send("GET", `/jobs/${id}${more}`, api);
      const copy = await (await vault.records()).get(id);
      left.push({ what: `KV ${id}`, text: copy ?? "" });
    }
    for (const path of ["/jobs", "/export", "/export?format=aria2", "/metrics", "/stats", "/refused", "/doctor", "/unmatched"]) {
      await send("GET", path, api);
    }
    left.push({ what: "the log", text: JSON.stringify(vault.logs) });
    const secrets = [HOOK_TOKEN, API_TOKEN, READ_TOKEN, OLD_TOKEN, UPSTREAM_KEY, "X-Amz-Signature="];
    for (const { what, text } of left) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `${what} holds ${secret}: ${text.slice(0, 400)}`);
      const outside = text.replaceAll(/\/files\/[\w:.-]+\/[0-9a-f]{32}\//g, "");
      assert.ok(!outside.includes(nonce), `${what} holds a nonce outside its URL`);
    }
  });
});
