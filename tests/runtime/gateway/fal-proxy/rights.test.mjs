// Who can use the proxy, and for what: the token, tickets, and never an origin.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PATIENT } from "../../support/calls.mjs";
import { falJs } from "../../support/programs/clients.mjs";
import { startFalAi } from "../../support/fal/ai.mjs";
import { stopAll } from "../../support/stop.mjs";
import { ticketed, ticketOf } from "../../support/tickets.mjs";
import { API_TOKEN, READ_TOKEN, startVault } from "../../support/vault.mjs";

const FAL_KEY = "fal-key-0123456789";
const APP = "https://queue.fal.run/fal-ai/flux";

let fal, vault;
before(async () => {
  fal = await startFalAi();
  vault = await startVault({ change: fal.change, vars: { ...PATIENT, FAL_KEY, READ_TOKEN, CORS_ORIGINS: "https://app.example" } });
});
after(() => stopAll(vault, fal));

async function ask(url, target, { method = "POST", body = "{}", headers = {} } = {}) {
  const init = { method, headers: { "x-fal-target-url": target, connection: "close", ...headers } };
  const response = await fetch(url.startsWith("http") ? url : vault.url + url, { ...init, ...(method !== "GET" && { body }) });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text), headers: response.headers };
}
const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

describe("the proxy admits", () => {
  it("the API token in either scheme, and a ticket in the path or the query", async () => {
    const { ticket } = await ticketOf(vault);
    for (const [path, options] of [["/fal/proxy", bearer(API_TOKEN)], [`/fal/proxy/t_${ticket}`],
      [`/fal/proxy?ticket=${ticket}`], ["/fal/proxy", { headers: { authorization: `Key ${API_TOKEN}` } }]]) {
      assert.equal((await ask(path, APP, options)).status, 200, path);
    }
  });

  it("no one else, with fal's own words, and does not ask fal", async () => {
    const { ticket } = await ticketOf(vault);
    const [payload] = ticket.split(".");
    fal.seen();
    for (const [path, options] of [["/fal/proxy"], ["/fal/proxy", bearer("wrong-token-0123456789")],
      ["/fal/proxy", bearer(READ_TOKEN)], ["/fal/proxy", bearer(FAL_KEY)], ["/fal/proxy", bearer(ticket)],
      ["/fal/proxy", { headers: { origin: "https://app.example", referer: "https://app.example/" } }],
      ["/fal/proxy", { headers: { cookie: `token=${API_TOKEN}` } }], ["/fal/proxy/t_", {}],
      [`/fal/proxy/t_${payload}.`], [`/fal/proxy/t_${ticket}x`], ["/fal/proxy?ticket="], [`/fal/proxy/t_${API_TOKEN}`]]) {
      const answer = await ask(path, APP, options);
      assert.deepEqual([answer.status, answer.text], [401, '"Unauthorized"'], `${path} ${JSON.stringify(options)}`);
    }
    assert.deepEqual(fal.seen(), []);
  });

  it("no ticket of another scope, and fal's client shows why", async () => {
    const proxy = await ticketed(vault, { scope: "live" });
    await assert.rejects(falJs({ proxy }).queue.submit("fal-ai/flux", { input: {} }),
      { status: 403, message: "the ticket's `scope` is another; get a ticket for this route" });
  });

  it("no one while API_TOKEN is not set, and says so", async (context) => {
    const closed = await startVault({ vars: { API_TOKEN: null, FAL_KEY }, change: fal.change });
    context.after(() => closed.stop());
    const answer = await ask(`${closed.url}/fal/proxy`, APP, bearer(API_TOKEN));
    assert.equal(answer.status, 503);
    assert.match(answer.json.detail, /wrangler secret put API_TOKEN/);
  });
});

describe("a ticket", () => {
  it("expires when it says so, and with the token that signed it", async () => {
    const short = await ticketOf(vault, { ttl: 1 });
    while (Date.now() <= short.expiresAt) await new Promise((wake) => setTimeout(wake, 50));
    assert.deepEqual((await ask(`/fal/proxy/t_${short.ticket}`, APP)).text, '"Unauthorized"');
    const { ticket } = await ticketOf(vault);
    const next = "another-token-0123456789";
    await vault.restart({ API_TOKEN: `${next},${API_TOKEN}` });
    assert.equal((await ask(`/fal/proxy/t_${ticket}`, APP)).status, 200);
    await vault.restart({ API_TOKEN: next });
    assert.equal((await ask(`/fal/proxy/t_${ticket}`, APP)).status, 401);
    await vault.restart({ API_TOKEN });
  });

  it("is for its applications: to submit to, and to ask about without the sub path", async () => {
    const url = await ticketed(vault, { apps: ["fal-ai/flux/dev", "/me/own/"] });
    const status = async (path, options) => (await ask(url, `https://queue.fal.run/${path}`, options)).status;
    const sent = await ask(url, `${APP}/dev`);
    const id = sent.json.request_id;
    assert.equal(sent.status, 200);
    assert.equal(await status("me/own/sub"), 200);
    for (const path of ["fal-ai/flux", "fal-ai/flux/devil", "fal-ai/flux/dev/../pro", "fal-ai/flux/dev/..%2Fpro", "x"]) {
      assert.notEqual(await status(path), 200, path);
    }
    const get = { method: "GET" };
    assert.equal(await status(`fal-ai/flux/requests/${id}/status`, get), 202);
    assert.equal(await status(`me/own/requests/${id}/status`, get), 202);
    assert.equal(await status(`fal-ai/other/requests/${id}/status`, get), 403);
    for (const [target, want] of [["fal-ai/flux/dev", 200], ["fal-ai/flux/dev/stream", 200], ["fal-ai/flux", 403]]) {
      assert.equal((await ask(url, `https://fal.run/${target}`)).status, want, target);
    }
    const upload = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3";
    assert.equal((await ask(url, upload)).status, 200);
  });

  it("is for its applications however a path is written", async () => {
    const url = await ticketed(vault, { apps: ["fal-ai/flux"] });
    fal.seen();
    const hidden = ["..%2Fpro", "..%2fpro", "..%5Cpro", "..%252Fpro", "..%25252Fpro", "%2E%2E%2Fpro", "a%2F..%2F..%2Fpro", "a%5Cb",
      "..;%2Fpro", "..;/pro", "%2e%2e/%2e%2e/other", "../../other"];
    for (const host of ["queue.fal.run", "fal.run"]) {
      for (const path of hidden) {
        for (const holder of [url, "/fal/proxy"]) {
          const { status } = await ask(holder, `https://${host}/fal-ai/flux/${path}`, holder === url ? {} : bearer(API_TOKEN));
          // Without encoded separators the owner may go anywhere.
          if (holder === url || path.includes("%2F")) assert.ok([400, 403].includes(status), `${host} ${path} ${status}`);
        }
      }
      assert.equal((await ask(url, `https://${host}/fal-ai%2Fflux`)).status, 400);
    }
    assert.deepEqual(fal.seen().filter(({ url: { pathname } }) => /%|\.\.|\\/.test(pathname)), []);
  });

  it("asks about jobs of its applications; without applications, about tickets' jobs", async () => {
    const submit = async (by, path = "fal-ai/flux/dev") => (await ask(by, `https://queue.fal.run/${path}`,
      by.startsWith("/") ? bearer(API_TOKEN) : {})).json.request_id;
    const [open, flux, other] = [await ticketed(vault), await ticketed(vault, { apps: ["fal-ai/flux"] }),
      await ticketed(vault, { apps: ["fal-ai/other"] })];
    const owners = await submit("/fal/proxy");
    const tickets = await submit(flux);
    const away = (await ask("/fal/proxy", APP, bearer(API_TOKEN))).json.request_id;
    assert.equal((await vault.get(`/jobs/${away}`, { method: "DELETE" })).status, 204);
    for (const [id, by, want] of [[owners, flux, 202], [owners, open, 403], [owners, other, 403], [tickets, flux, 202],
      [tickets, open, 202], [tickets, other, 403], ["no-such-request", flux, 403], ["no-such-request", open, 403],
      [away, flux, 403], [away, open, 403]]) {
      const at = by === other ? "fal-ai/other" : "fal-ai/flux";
      const asked = (end, method = "GET") => ask(by, `https://queue.fal.run/${at}/requests/${id}${end}`, { method });
      assert.equal((await asked("/status")).status, want, `${id} ${by}`);
      if (want === 403) fal.seen();
      assert.equal((await asked("")).status, want === 403 ? 403 : 400);
      if (want === 403) assert.equal((await asked("/cancel", "PUT")).status, 403);
      if (want === 403) assert.deepEqual(fal.seen(), [], "nothing is asked");
    }
    assert.equal((await ask(open, `${APP}/requests/${tickets}/cancel`, { method: "PUT" })).status, 202);
  });

  it("is not valid for jobs of other applications or other queues", async () => {
    const url = await ticketed(vault, { apps: ["fal-ai/flux"] });
    const result = "{\"seed\":1}";
    const { json: { request_id: id } } = await ask("/fal/proxy", "https://queue.fal.run/secret/app", bearer(API_TOKEN));
    await fal.complete(id, result);
    await vault.deliver({ eventType: "completed", jobId: "437852", seed: 2 });
    for (const [asked, whose] of [[id, url], ["437852", url], ["437852", await ticketed(vault)]]) {
      for (const end of ["", "/status", "/status/stream"]) {
        const answer = await ask(whose, `${APP}/requests/${asked}${end}`, { method: "GET" });
        assert.deepEqual([answer.status, answer.json.detail], [403, "the ticket is for other requests; get one for this job"]);
      }
      assert.equal((await ask(whose, `${APP}/requests/${asked}/cancel`, { method: "PUT" })).status, 403);
    }
    const own = await ticketed(vault, { apps: ["secret/app"] });
    assert.equal((await ask(own, `https://queue.fal.run/secret/app/requests/${id}`, { method: "GET" })).text, result);
  });
});

describe("a ticket's token", () => {
  const TOKENS = "https://rest.fal.ai/tokens/";
  const wish = (app, seconds = 60) => JSON.stringify({ allowed_apps: [app], token_expiration: seconds });
  const status = async (url, body, options = {}) => (await ask(url, TOKENS, { body, ...options })).status;

  it("is for its applications, and lasts no longer than the ticket", async () => {
    const url = await ticketed(vault, { apps: ["fal-ai/flux", "fal-ai/video/fast"], ttl: 600 });
    fal.seen();
    for (const [body, want] of [[wish("flux"), 200], [wish("fal-ai/flux"), 200], [wish("fal-ai/video/fast"), 200], [wish("flux", 590), 200],
      [wish("video"), 403], [wish("other"), 403], [wish("*"), 403], [wish("flux", 601), 403], [wish("flux", 1e15), 403],
      [wish("flux", 0), 400], ["{}", 400], ["", 400], ["x".repeat(20_000), 400],
      ['{"allowed_apps":["flux"],"token_expiration":60,"allowed_apps":["other"]}', 400]]) {
      assert.equal(await status(url, body), want, body.slice(0, 100));
    }
    assert.deepEqual(fal.seen().map(({ text }) => text), [wish("flux"), wish("fal-ai/flux"), wish("fal-ai/video/fast"), wish("flux", 590)]);
    const text = '{ "allowed_apps": ["any"], "token_expiration": 86400, "more": 1 }';
    assert.equal(await status("/fal/proxy", text, bearer(API_TOKEN)), 200);
    assert.equal(fal.seen()[0].text, text, "the owner's goes as it comes");
    assert.equal(await status(await ticketed(vault), wish("any")), 200);
  });

  it("counts as a use, and a ticket without applications can't get it", async () => {
    const url = await ticketed(vault, { apps: ["fal-ai/flux"], count: 2 });
    const told = [];
    for (let n = 0; n < 3; n += 1) told.push(await status(url, wish("flux")));
    assert.deepEqual([told, (await ask(url, APP)).status], [[200, 200, 403], 403]);
    const open = await ask(await ticketed(vault, { count: 2 }), TOKENS, { body: wish("flux") });
    assert.deepEqual([open.status, /`apps`/.test(open.json.message)], [403, true]);
  });

  it("can't upload without a limit", async () => {
    const target = "https://rest.fal.ai/storage/auth/token?storage_type=fal-cdn-v3";
    assert.equal((await ask(await ticketed(vault), target)).status, 403);
    assert.equal((await ask("/fal/proxy", target, bearer(API_TOKEN))).status, 200);
  });
});

describe("a ticket's count", () => {
  const many = (url, n, body = (i) => `{"n":${i}}`) =>
    Promise.all(Array.from({ length: n }, (_, i) => ask(url, APP, { body: body(i) })));
  const counts = (answers) => Object.fromEntries([200, 403].map((status) =>
    [status, answers.filter((answer) => answer.status === status).length]));

  it("is exact for submissions at once, different and equal ones", async () => {
    for (const body of [undefined, () => "{}"]) {
      const before = fal.submissions();
      const answers = await many(await ticketed(vault, { count: 7 }), 20, body);
      assert.deepEqual(counts(answers), { 200: 7, 403: 13 });
      assert.equal(fal.submissions(), before + 7);
      assert.match(answers.find(({ status }) => status === 403).json.message, /used up/);
    }
  });

  it("counts runs, but not status requests, uploads, or repetitions of a key", async () => {
    const url = await ticketed(vault, { count: 2 });
    const keyed = { headers: { "idempotency-key": "once" } };
    const first = await ask(url, APP, keyed);
    const again = await Promise.all([1, 2, 3].map(() => ask(url, APP, keyed)));
    assert.deepEqual(again.map(({ json }) => json.request_id), Array(3).fill(first.json.request_id));
    for (let n = 0; n < 3; n += 1) {
      await ask(url, "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3");
      await ask(url, `${APP}/requests/${first.json.request_id}/status`, { method: "GET" });
    }
    assert.equal((await ask(url, "https://fal.run/fal-ai/flux")).status, 200);
    assert.equal((await ask(url, "https://fal.run/fal-ai/flux")).status, 403);
    assert.equal((await ask(url, APP, { body: '{"n":2}' })).status, 403);
    assert.equal((await ask(url, APP, keyed)).json.request_id, first.json.request_id);
  });

  it("suffices for a key that is repeated at once", async () => {
    const keyed = { headers: { "idempotency-key": "at once" } };
    for (let n = 0; n < 5; n += 1) {
      const url = await ticketed(vault, { count: 1 });
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(url, APP, keyed)));
      assert.deepEqual(counts(answers), { 200: 8, 403: 0 });
      assert.equal(new Set(answers.map(({ json }) => json.request_id)).size, 1);
    }
  });

  it("counts submissions that fal refuses, but not those refused here", async () => {
    const url = await ticketed(vault, { count: 3 });
    fal.on("https://queue.fal.run/fal-ai/busy", (response) => response.writeHead(429, { "retry-after": "1" }).end("{}"));
    fal.on("https://fal.run/fal-ai/busy", (response) => response.writeHead(503).end());
    for (let n = 0; n < 2; n += 1) assert.equal((await ask(url, `${APP}?fal_webhook=http://10.0.0.1/`)).status, 400);
    assert.equal((await ask(url, "https://queue.fal.run/fal-ai/busy")).status, 429);
    assert.equal((await fetch(url, { method: "POST", headers: { "x-fal-target-url": "https://fal.run/fal-ai/busy" } })).status, 503);
    assert.equal((await ask(url, APP)).status, 200);
    assert.equal((await ask(url, APP)).status, 403);
  });

  it("is its own: another ticket has other jobs for the same key and body", async () => {
    const keyed = { headers: { "idempotency-key": "shared" } };
    const answers = [];
    for (let n = 0; n < 2; n += 1) answers.push(await ask(await ticketed(vault), APP, keyed));
    answers.push(await ask("/fal/proxy", APP, { headers: { ...keyed.headers, ...bearer(API_TOKEN).headers } }));
    assert.equal(new Set(answers.map(({ json }) => json.request_id)).size, 3);
  });
});
