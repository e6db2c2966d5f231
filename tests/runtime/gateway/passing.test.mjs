// What the gateway passes of a submission to the upstream, and of its answer: headers, paths, webhooks, URLs.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { call, PATIENT, queuesAt, says } from "../support/calls.mjs";
import { startOrigin } from "../support/servers/origin.mjs";
import { raw } from "../support/raw.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";

let origin, vault, count = 0;
before(async () => {
  origin = await startOrigin();
  vault = await startVault({ vars: { ...queuesAt(origin), ...PATIENT } });
});
after(() => stopAll(vault, origin));

/** Makes a path of the upstream accept submissions; each is another job. */
const takes = (path) => origin.on(path, says(() => ({ request_id: String((count += 1)), response_url: "http://10.0.0.1/x",
  status_url: "http://10.0.0.1/x/status", cancel_url: "http://10.0.0.1/x/cancel" })));
const last = () => origin.requestsMade().at(-1);

describe("headers", () => {
  const GOOD = { "content-type": "application/json", accept: "application/json", "user-agent": "tests/1",
    "x-fal-queue-priority": "low", "x-fal-runner-hint": "h", "x-user-id": "u", "x-pipelet-output": "json",
    "x-fal-object-lifecycle-preference": "{}" };
  const BAD = { cookie: "a=1", origin: "https://app.example", referer: "https://app.example/", "x-api-key": "secret",
    "x-csrf-token": "secret", "x-forwarded-for": "10.0.0.1", "x-forwarded-host": "h", "x-real-ip": "10.0.0.1",
    "cf-connecting-ip": "10.0.0.1", forwarded: "for=10.0.0.1", "proxy-authorization": "Basic eA==",
    "x-pipelet-webhook": "https://client.example/hook", "x-fal-target-url": "https://fal.run/x", "accept-language": "de", "x-goog-iap-jwt-assertion": "secret",
    "x-amzn-oidc-data": "secret", "x-ms-token-aad-access-token": "secret", "x-custom": "c", "x-hookvault-job": "1", "idempotency-key": "headers-1" };

  it("are passed on if the upstream knows them, but no cookie, token or trace of the way", async () => {
    takes("/queue/headers");
    const { status } = await call(vault, "POST", "/queue/headers", { body: "{}", headers: { ...GOOD, ...BAD } });
    assert.equal(status, 200);
    const { headers } = last();
    for (const [name, value] of Object.entries(GOOD)) assert.equal(headers[name], value, name);
    for (const name of Object.keys(BAD)) {
      // The runtime writes one of its own.
      if (name === "accept-language" || name === "cf-connecting-ip") continue;
      assert.equal(headers[name], undefined, name);
    }
    assert.equal(headers.authorization, "Bearer upstream-key-0123456789");
    assert.ok(!JSON.stringify(headers).includes(API_TOKEN));
  });

  it("ask for URLs unless the client wants something else, and keep the client's scheme", async () => {
    takes("/fal/queue/scheme");
    await call(vault, "POST", "/fal/queue/scheme", { body: "{}", scheme: "Key" });
    assert.deepEqual([last().headers["x-pipelet-output"], last().headers.authorization],
      ["binary", "Key upstream-key-0123456789"]);
  });

  it("with unusual bytes are passed on or left out, and the job is submitted", async () => {
    takes("/queue/odd");
    const headers = { authorization: `Bearer ${API_TOKEN}`, "x-user-id": "caf\u00e9", "idempotency-key": "\u00fc \"q\" ; = \u00ff",
      "content-type": "application/json", connection: "close" };
    const { status, text } = await raw(vault.url, "POST", "/queue/odd", headers);
    assert.equal(status, 200, text);
  });
});

describe("paths", () => {
  it("keep their sub paths and unusual characters", async () => {
    for (const [path, here] of [["owner/model/sub/path"], ["a%20b"], ["caf%C3%A9"], ["a%3Fb%23c"], ["a+b"], ["a%25b"],
      ["a.b~c_d-e"], ["%F0%9F%8E%A8"], ["requests/x"], ["a%40b%3Ac", "a%40b%3Ac"], ["A@b:c", "A%40b%3Ac"]]) {
      const onward = `/queue/${(here ?? path).replace("a+b", "a%2Bb")}`;
      takes(onward);
      const { status, json, text } = await call(vault, "POST", `/queue/${path}`, { body: "{}" });
      if (path === "requests/x") {
        assert.equal(status, 404);
        continue;
      }
      assert.equal(status, 200, `${path} ${text}`);
      const id = json.request_id;
      assert.deepEqual([json.response_url, json.status_url], [`${vault.url}${onward}/requests/${id}`,
        `${vault.url}${onward}/requests/${id}/status`]);
      assert.equal((await vault.job(id)).app, decodeURIComponent(path));
      origin.on(`${onward}/requests/${id}/status`, says({ status: "IN_PROGRESS" }));
      const asked = await fetch(json.status_url, { headers: { authorization: `Bearer ${API_TOKEN}`, connection: "close" } });
      assert.deepEqual(await asked.json(), { status: "IN_PROGRESS" });
    }
  });

  it("that climb are refused, and the upstream is not asked", async () => {
    const before = origin.requestsMade().length;
    const headers = { authorization: `Bearer ${API_TOKEN}`, connection: "close" };
    for (const path of ["/queue/..%2Fx", "/queue/a/..%2F..%2Fx", "/queue/%2e%2e", "/queue/a//b", "/queue/", "/queue/a%2F%2Fb"]) {
      const { status } = await raw(vault.url, "POST", path, headers);
      // A URL whose dots lead out of the route is another route.
      assert.ok([400, 404, 405].includes(status), `${path} ${status}`);
    }
    assert.equal(origin.requestsMade().length, before);
  });

  it("keep their queries, except the webhook, which becomes this vault's", async () => {
    takes("/queue/query");
    await call(vault, "POST", "/queue/query?a=1&b=%20%26&a=2&fal_webhook=https%3A%2F%2Fclient.example%2F%3Fs%3D1", { body: "{}" });
    const query = new URL(last().url, "http://x").searchParams;
    assert.deepEqual([query.getAll("a"), query.get("b"), query.getAll("fal_webhook").length], [["1", "2"], " &", 1]);
    assert.match(query.get("fal_webhook"), new RegExp(`^${vault.url}/hook/r_gw-[0-9a-f]{32}\\.[0-9a-f]{32}$`));
  });
});

describe("the client's webhook", () => {
  const refused = async (query, headers) => {
    takes("/queue/hooked");
    const before = origin.requests("/queue/hooked").length;
    const answer = await call(vault, "POST", `/queue/hooked${query}`, { body: "{}", headers });
    assert.equal(origin.requests("/queue/hooked").length, before, "nothing is paid for");
    return answer;
  };

  it("must be public, or is named in the error without its secrets", async () => {
    for (const url of ["http://client.example/", "https://10.0.0.1/?s=secret", "https://localhost/", "ftp://x/", "nonsense",
      "https://[::1]/", "https://169.254.169.254/latest", "https://a..b/", "https://localhost.localdomain/"]) {
      for (const answer of [await refused(`?fal_webhook=${encodeURIComponent(url)}`), await refused("", { "x-pipelet-webhook": url })]) {
        assert.equal(answer.status, 400, url);
        assert.match(answer.json.detail, /fal_webhook|x-pipelet-webhook/);
        assert.ok(!answer.text.includes("secret"));
      }
    }
  });

  it("that is this vault's own is no hand-off, and the timeline says so without the token", async () => {
    takes("/queue/own");
    for (const path of ["/hook", "//hook", "/%68ook", "/./hook", "/x/%2e%2e/hook"]) {
      const url = `${vault.url}${path}/${HOOK_TOKEN}`;
      const { json } = await call(vault, "POST", `/queue/own?fal_webhook=${encodeURIComponent(url)}`, { body: "{}" });
      const [first] = await vault.events(json.request_id);
      assert.match(first.detail, /this vault's own/, path);
      assert.ok(!JSON.stringify([first, await vault.job(json.request_id)]).includes(HOOK_TOKEN));
    }
  });
});

describe("PUBLIC_URL", () => {
  it("is where the upstream delivers, and where clients are sent", async (context) => {
    const outside = "https://vault.example";
    const named = await startVault({ vars: { ...queuesAt(origin), ...PATIENT, PUBLIC_URL: outside } });
    context.after(() => named.stop());
    takes("/queue/named");
    const { json, headers } = await call(named, "POST", "/queue/named", { body: "{}" });
    assert.match(new URL(last().url, "http://x").searchParams.get("fal_webhook"), /^https:\/\/vault\.example\/hook\/r_/);
    assert.equal(json.status_url, `${outside}/queue/named/requests/${json.request_id}/status`);
    assert.match(headers.get("x-hookvault-file"), new RegExp(`^${outside}/files/.+/[0-9a-f]{32}/0$`));
  });

  it("is recognized as the vault's own in each spelling of its host", async (context) => {
    const named = await startVault({ vars: { ...queuesAt(origin), ...PATIENT, PUBLIC_URL: "https://vault.example" } });
    context.after(() => named.stop());
    takes("/queue/own-name");
    for (const at of ["https://vault.example", "https://VAULT.example.", "http://vault.example", "https://vault.example:443/"]) {
      const query = `?fal_webhook=${encodeURIComponent(`${at}/hook/${HOOK_TOKEN}`)}`;
      const { status, json } = await call(named, "POST", `/queue/own-name${query}`, { body: "{}" });
      assert.equal(status, 200, at);
      assert.match((await named.events(json.request_id))[0].detail, /this vault's own/, at);
    }
  });
});
