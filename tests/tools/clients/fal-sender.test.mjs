// The stand-in for fal.ai signs webhooks that fal's rules accept, and only those.

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { request as ask } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { JWKS_URL, broken, error, falSender, newKey, ok, published, stall, unreadable }
  from "../../runtime/support/fal/sender.mjs";
import { reset, startOrigin, status } from "../../runtime/support/servers/origin.mjs";
import { startOutbound } from "../../runtime/support/servers/outbound.mjs";

const ID = "764cabcf-b745-4b3e-ae38-1200304cf45b";
const BODY = ok(ID, { seed: 7 });

/** Checks a signature by fal's documented rules, without the sender's code. */
function isGenuine({ keys }, headers, body) {
  const told = (name) => headers[`x-fal-webhook-${name}`];
  const lines = [told("request-id"), told("user-id"), told("timestamp"),
    createHash("sha256").update(body).digest("hex")];
  const signature = Buffer.from(told("signature"), "hex");
  return keys.some((jwk) => verify(null, Buffer.from(lines.join("\n"), "utf8"),
    createPublicKey({ key: jwk, format: "jwk" }), signature));
}

/** Asks for the keys as workerd does: with the whole URL in the request line. */
function askFor(outbound, url, signal) {
  const [host, port] = outbound.change({}).outboundService.external.address.split(":");
  return new Promise((resolve, reject) => {
    const request = ask({ host, port, path: url, signal, agent: false }, async (response) =>
      resolve({ status: response.statusCode, text: await text(response) }));
    request.on("error", reject).end();
  });
}

test("a signature follows fal's rules, and covers all parts", () => {
  const fal = falSender();
  const headers = fal.signed({ requestId: ID, userId: "u", timestamp: 1_766_867_822, body: BODY });
  assert.deepEqual(Object.keys(headers), ["request-id", "user-id", "timestamp", "signature"]
    .map((name) => `x-fal-webhook-${name}`));
  assert.match(headers["x-fal-webhook-signature"], /^[0-9a-f]{128}$/);
  assert.ok(isGenuine(fal.jwks(), headers, BODY));
  assert.ok(!isGenuine(fal.jwks(), headers, BODY.replace("7", "8")));
  for (const [name, value] of Object.entries(headers)) {
    const other = value.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    assert.ok(!isGenuine(fal.jwks(), { ...headers, [name]: other }, BODY), name);
  }
});

test("missing options have defaults, and a body may be bytes", () => {
  const fal = falSender();
  const headers = fal.signed({ requestId: ID, body: Buffer.from(BODY) });
  assert.ok(isGenuine(fal.jwks(), headers, BODY));
  assert.match(headers["x-fal-webhook-timestamp"], /^\d{10}$/);
  assert.ok(Math.abs(headers["x-fal-webhook-timestamp"] - Date.now() / 1_000) < 60);
});

test("keys: published as JWKs, rotated, forged", () => {
  const fal = falSender({ kid: "one" });
  const first = fal.key;
  assert.deepEqual(Object.keys(fal.jwks().keys[0]), ["kty", "crv", "x", "kid"]);
  assert.deepEqual(Object.keys(newKey().jwk), ["kty", "crv", "x"]);
  const isAccepted = (key) =>
    isGenuine(fal.jwks(), fal.signed({ requestId: ID, body: BODY, key }), BODY);
  assert.deepEqual([isAccepted(first), isAccepted(newKey())], [true, false]);
  const second = fal.rotate({ keep: true });
  assert.equal(fal.key, second);
  assert.deepEqual([isAccepted(first), isAccepted(second), fal.jwks().keys.length],
    [true, true, 2]);
  fal.rotate();
  assert.deepEqual([isAccepted(first), isAccepted(second), isAccepted(fal.key)],
    [false, false, true]);
});

test("bodies have fal's forms", () => {
  const ids = { request_id: ID, gateway_request_id: ID };
  assert.deepEqual(JSON.parse(BODY), { ...ids, status: "OK", payload: { seed: 7 } });
  assert.equal(JSON.parse(ok(ID, null, "other")).gateway_request_id, "other");
  assert.deepEqual(JSON.parse(error(ID, "Invalid status code: 422", { detail: [] })),
    { ...ids, status: "ERROR", error: "Invalid status code: 422", payload: { detail: [] } });
  assert.deepEqual(JSON.parse(unreadable(ID, "no JSON")),
    { ...ids, status: "OK", payload: null, payload_error: "no JSON" });
});

test("the keys are served at fal's URL, counted, and fail on demand", async (t) => {
  const outbound = await startOutbound();
  t.after(outbound.stop);
  const fal = falSender();
  fal.serve(outbound);
  const get = (signal) => askFor(outbound, JWKS_URL, signal);
  assert.deepEqual(JSON.parse((await get()).text), fal.jwks());
  fal.rotate();
  assert.deepEqual(JSON.parse((await get()).text), fal.jwks());
  fal.fail(status(500));
  assert.equal((await get()).status, 500);
  fal.fail(broken);
  const half = await get();
  assert.equal(half.status, 200);
  assert.throws(() => JSON.parse(half.text), SyntaxError);
  fal.fail(reset);
  await assert.rejects(get(), { code: "ECONNRESET" });
  fal.fail(stall);
  await assert.rejects(get(AbortSignal.timeout(100)), { name: "AbortError" });
  fal.fail(published({ keys: [] }));
  assert.equal((await get()).text, '{"keys":[]}');
  fal.heal();
  assert.deepEqual(JSON.parse((await get()).text), fal.jwks());
  assert.equal(fal.asked(), 8);
});

test("the keys can be served by an origin too", async (t) => {
  const origin = await startOrigin();
  t.after(origin.stop);
  const fal = falSender();
  origin.on("/jwks.json", fal.step);
  const response = await fetch(`${origin.url}/jwks.json`);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual([await response.json(), fal.asked()], [fal.jwks(), 1]);
});
