// Compares the proxy with fal's own: the same request must give the same verdict, the same onward request and the same
// answer. Where they differ, the table says what is right here, and why.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PATIENT } from "../../support/calls.mjs";
import { startFalAi } from "../../support/fal/ai.mjs";
import { askCore } from "../../support/fal/proxy-core.mjs";
import { stopAll } from "../../support/stop.mjs";
import { API_TOKEN, startVault } from "../../support/vault.mjs";

const FAL_KEY = "fal-key-0123456789";
const TOKEN = `Bearer ${API_TOKEN}`;
const UPLOAD = "https://rest.fal.ai/storage/upload";
const CDN = "?storage_type=fal-cdn-v3";
const ID = "0c4a2e9c-7a55-4b6c-a16d-6fb8f3f0a001";

const MARKUP = "no URL that is only right when a parser repairs it: parsers differ in how";
const PLAIN = "a key is not sent in the clear";
const LOGIN = "a URL with a login is not fal's, and fetch refuses it: an error, not a verdict";
const ROUTE = "the queue's routes are known: another could begin a job that is not seen";
const METHOD = "the queue's routes have one method each: a submission by another would not be seen";
const FIRST = "who has no right learns nothing about targets";
const ESCAPED = "a separator that is escaped is one for some servers";
const CLIENTS = "what counts is what fal's clients call, which the core has missed";
const QUERY = "dots in a query climb nowhere";

/** The targets, with the answer here if it differs from that of fal's core. */
const TARGETS = [
  ["https://fal.run/fal-ai/flux"], ["https://fal.run/fal-ai/flux/dev"], ["https://fal.run/fal-ai/flux?a=1&b=%20"],
  ["https://fal.run/fal-ai/flux/dev/stream"], ["https://fal.run/"], ["https://fal.run"], ["https://fal.run/?x=1"],
  ["https://FAL.run/fal-ai/flux"], ["HTTPS://fal.run/fal-ai/flux"], ["https://fal.run:443/fal-ai/flux"],
  ["https://fal.run/fal-ai/flux#fragment"], ["https://fal.run/a%2Fb/c", ESCAPED, 400], ["https://fal.run/a/.hidden/b"],
  ["https://fal.run/a/../b"], ["https://fal.run/a/%2e%2e/b"], ["https://fal.run/a//b"], ["https://fal.run/caf%C3%A9"],
  ["https://fal.run/a:b@c/d"], ["https://fal.run/a/[b]/{c}/(d)/*!"], ["https://fal.run/workflows/me/flow"],
  ["https://fal.run/a?u=https://evil.example/x"], ["https://fal.run/a?u=/../b", QUERY, 200],
  ["https://fal.run:8443/a"], ["https://fal.run.evil.example/a"], ["https://xfal.run/a"], ["https://fal.run./a"],
  ["https://evil.example/fal.run/a"], ["https://evil.example/https://fal.run/a"], ["https://evil.example?fal.run/a"],
  ["https://evil.example#@fal.run/a"], ["https://fal.run@evil.example/a"], ["https://api.fal.run/a"],
  ["https://fal.ai/a"], ["https://127.0.0.1/a"], ["https://[::1]/a"], ["https://ws.fal.run/a"],
  ["https://gateway.queue.fal.run/a"], ["https://rest.alpha.fal.ai/storage/upload/initiate"],
  ["https://user:pass@fal.run/a", LOGIN, 400], ["https://user@fal.run/a", LOGIN, 400],
  ["http://fal.run/a", PLAIN, 400], ["http://queue.fal.run/fal-ai/flux", PLAIN, 400],
  ["ftp://fal.run/a", PLAIN, 400], ["https:/fal.run/a", MARKUP, 400], ["https:fal.run/a", MARKUP, 400],
  ["https:\\\\fal.run\\a", MARKUP, 400], ["https:///fal.run/a", MARKUP, 400],
  ["fal.run/a", "no URL: an answer, not an error", 400], ["//fal.run/a", "no URL: an answer, not an error", 400],
  ["not a url", "no URL: an answer, not an error", 400], [""],
  [`${UPLOAD}/initiate${CDN}`], [`${UPLOAD}/complete-multipart${CDN}`, CLIENTS, 400], [`${UPLOAD}/initiate`],
  [`${UPLOAD}/initiate?storage_type=other`], [`${UPLOAD}/initiate${CDN}&x=1`], [`${UPLOAD}/initiate-multipart${CDN}`, CLIENTS, 200],
  ["https://rest.fal.ai/tokens/", CLIENTS, 200],
  [`${UPLOAD}/initiate/${CDN}`], [`${UPLOAD}/other${CDN}`], [`https://rest.fal.ai/users/me${CDN}`],
  [`${UPLOAD}/initiate?storage%5Ftype=fal-cdn-v3`], [`https://rest.fal.ai:8443/storage/upload/initiate${CDN}`],
  ["https://queue.fal.run/fal-ai/flux"], ["https://queue.fal.run/fal-ai/flux/dev?x=1&y=a%20b"],
  ["https://queue.fal.run/workflows/me/flow"], ["https://queue.fal.run/fal-ai/caf%C3%A9"],
  ["https://queue.fal.run/fal-ai/a%20b"], ["https://queue.fal.run/a/..%2F..%2Fb", ESCAPED, 400], ["https://queue.fal.run.evil.example/a"],
  ["https://queue.fal.run/"], ["https://queue.fal.run"],
  ["https://queue.fal.run/fal-ai//flux", ROUTE, 400], [`https://queue.fal.run/fal-ai/flux/requests/${ID}/other`, ROUTE, 400],
  [`https://queue.fal.run/fal-ai/flux/requests/${ID}`, METHOD, 405],
];

/** What is compared besides the target: methods, headers, and who is admitted. */
const GET = { method: "GET", body: undefined };
const CALLS = [
  ["a question for a status", { ...GET, target: `https://queue.fal.run/fal-ai/flux/requests/${ID}/status?logs=1` }],
  ["a question for a result", { ...GET, target: `https://queue.fal.run/fal-ai/flux/requests/${ID}` }],
  ["a cancel", { method: "PUT", body: undefined, target: `https://queue.fal.run/fal-ai/flux/requests/${ID}/cancel` }],
  ["a direct run by GET", { ...GET, target: "https://fal.run/fal-ai/flux?prompt=x" }],
  ["a direct run by PUT", { method: "PUT", target: "https://fal.run/fal-ai/flux" }],
  ["a direct run by PATCH", { method: "PATCH", target: "https://fal.run/fal-ai/flux" }],
  ["a direct run by DELETE", { method: "DELETE", body: undefined, target: "https://fal.run/fal-ai/flux" }],
  ["a submission by GET", { ...GET, target: "https://queue.fal.run/fal-ai/flux?prompt=x" }, METHOD, 405],
  ["a submission by PUT", { method: "PUT", target: "https://queue.fal.run/fal-ai/flux" }, METHOD, 405],
  ["a status by POST", { target: `https://queue.fal.run/fal-ai/flux/requests/${ID}/status` }, METHOD, 405],
  ["no target", { target: undefined }],
  ["no token", { authorization: null, target: "https://fal.run/a" }],
  ["a wrong token", { authorization: "Key wrong-token-0123456789", target: "https://fal.run/a" }],
  ["a token as fal's client writes it", { authorization: `Key ${API_TOKEN}`, target: "https://fal.run/a" }],
  ["an origin", { headers: { origin: "https://app.example" }, authorization: null, target: "https://fal.run/a" }],
  ["no token and another target", { authorization: null, target: "https://evil.example/a" }, FIRST, 401],
  ["no token and no target", { authorization: null, target: undefined }, FIRST, 401],
  ["headers of all kinds", { target: "https://fal.run/a", headers: { "x-fal-queue-priority": "low",
    "x-fal-object-lifecycle-preference": '{"expiration_duration_seconds":60}', "x-fal-client-proxy": "forged",
    "X-Fal-Runner-Hint": "h", cookie: "a=1", origin: "https://app.example", referer: "https://app.example/x",
    "x-forwarded-for": "10.0.0.1", "x-custom": "c", accept: "text/event-stream", "content-type": "text/plain",
    "user-agent": "tests/1", "accept-language": "de", "proxy-authorization": "Basic eA==" } }],
  ["the same to the queue", { target: "https://queue.fal.run/a/b", headers: { "x-fal-queue-priority": "low",
    "x-fal-client-proxy": "forged", cookie: "a=1", origin: "https://app.example", "x-forwarded-for": "10.0.0.1",
    "x-custom": "c", "x-pipelet-output": "json", "idempotency-key": "k", "user-agent": "tests/1", accept: "*/*" } }],
];

/** Headers of a connection, or of the runtime. */
const OF_THE_WAY = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "keep-alive",
  "date", "vary", "sec-fetch-mode", "accept-language", "content-encoding"];
/** The differences of every call, each with its reason. */
const DELIBERATE = {
  // It may contain the caller's own webhook, which does not concern fal.
  sent: ["x-fal-target-url"],
  // Cookies and promises for another origin than this one, and what the vault adds.
  told: ["set-cookie", "access-control-allow-origin", "strict-transport-security", "cache-control",
    "x-content-type-options", "x-hookvault-job", "x-hookvault-file"],
};

describe("fal's server proxy and this one", () => {
  let fal, vault;
  before(async () => {
    fal = await startFalAi();
    vault = await startVault({ change: fal.change, vars: { ...PATIENT, FAL_KEY, UPSTREAM_API_KEY: null } });
  });
  after(() => stopAll(vault, fal));

  for (const [target, why, status] of TARGETS) {
    it(`agree on ${JSON.stringify(target)}${why ? `, but for ${why}` : ""}`, () => agree({ target }, why, status));
  }
  for (const [name, call, why, status] of CALLS) {
    it(`agree on ${name}${why ? `, but for ${why}` : ""}`, () => agree(call, why, status));
  }

  async function agree({ method = "POST", target, authorization = TOKEN, headers = {}, ...more }, why, status) {
    const body = "body" in more ? more.body : '{"prompt":"x","seed":196619188014358660}';
    const given = Object.fromEntries(Object.entries({ ...headers, authorization, "x-fal-target-url": target,
      "user-agent": headers["user-agent"] ?? "tests/1" }).filter(([, value]) => value != null)
      .map(([name, value]) => [name.toLowerCase(), value]));
    fal.seen();
    const response = await fetch(`${vault.url}/fal/proxy`, { method, headers: { ...given, connection: "close" }, body });
    const ours = { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    const [sent, ...others] = fal.seen();
    assert.deepEqual(others, []);
    const core = await askCore({ method, headers: given, body, key: `Key ${FAL_KEY}`,
      accepts: (text) => [TOKEN, `Key ${API_TOKEN}`].includes(text), answer: () => canned(sent) });
    if (why) {
      assert.equal(ours.status, status, ours.body);
      assert.notDeepEqual([core.status, Boolean(core.sent)], [status, Boolean(sent)], "it is no difference");
      return;
    }
    assert.equal(Boolean(sent), Boolean(core.sent), `${ours.status} ${ours.body} · ${JSON.stringify(core)}`);
    if (!sent) return assert.deepEqual([ours.status, ours.body], [core.status, core.body]);
    assert.deepEqual(onward(sent), expected(core.sent));
    assert.equal(ours.status, core.status);
    if (new URL(core.sent.url).hostname !== "queue.fal.run") {
      assert.deepEqual(without(ours.headers, DELIBERATE.told), without(core.headers, DELIBERATE.told));
      assert.equal(ours.body, core.body);
    }
  }

  /** Returns what fal has answered, for use by its core. */
  const canned = (sent) => new Response(sent?.answered?.body ?? "", sent?.answered);

  const without = (headers, names) => Object.fromEntries(Object.entries(headers)
    .filter(([name]) => ![...names, ...OF_THE_WAY].includes(name) && !name.startsWith("cf-")));

  const onward = ({ method, url, headers, text }) => {
    const hooked = new URL(url);
    if (method === "POST" && hooked.hostname === "queue.fal.run") {
      // A submission has only one addition: its webhook's URL.
      assert.match(hooked.searchParams.get("fal_webhook"), new RegExp(`^${vault.url}/hook/r_`));
      hooked.searchParams.delete("fal_webhook");
    }
    return { method, url: spelled(hooked), headers: without(headers, DELIBERATE.sent), body: text || undefined };
  };

  const expected = ({ method, url, headers, body }) => {
    const asks = new URL(url).hostname === "queue.fal.run" && method !== "POST";
    const told = { ...without(headers, DELIBERATE.sent), "x-fal-client-proxy": "hookvault" };
    // A request without a body has no content type.
    if (asks) delete told["content-type"];
    return { method, url: spelled(new URL(url)), headers: told, body };
  };

  /** Returns a URL in one spelling, so that equal ones can be compared. */
  const spelled = (url) => `${url.origin}${decodeURIComponent(url.pathname)}?${url.searchParams}`;
});
