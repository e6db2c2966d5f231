// A stand-in for fal.ai as the sender of webhooks. It signs them as fal does, and publishes its keys at fal's URL.
import { createHash, generateKeyPairSync, sign } from "node:crypto";

export const JWKS_URL = "https://rest.alpha.fal.ai/.well-known/jwks.json";

/**
 * @typedef {object} Key
 * @property {import("node:crypto").KeyObject} privateKey
 * @property {{ kty: "OKP", crv: "Ed25519", x: string, kid?: string }} jwk the public half
 */

/** Makes a key that is not published: what it signs is forged. */
export function newKey(kid) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { kty, crv, x } = publicKey.export({ format: "jwk" });
  return { privateKey, jwk: { kty, crv, x, ...(kid !== undefined && { kid }) } };
}

/** Makes a sender with one key, published under `kid` if that is given. */
export function falSender({ kid } = {}) {
  const keys = [newKey(kid)];
  let asked = 0;
  let failure;
  const sender = {
    /** Returns the key that signs now. */
    get key() {
      return keys[0];
    },
    jwks: () => ({ keys: keys.map(({ jwk }) => jwk) }),
    /** Signs with another key from now on; `keep` leaves the older ones published. */
    rotate({ kid: next, keep = false } = {}) {
      keys.unshift(newKey(next));
      if (!keep) keys.length = 1;
      return keys[0];
    },
    signed: (letter) => signed({ key: keys[0], ...letter }),
    /** A step for `startOutbound` and `startOrigin`: answers with the keys, or as `fail` says. */
    step(response, request) {
      asked += 1;
      (failure ?? published(sender.jwks()))(response, request);
    },
    /** Publishes the keys at fal's URL. */
    serve: (outbound) => outbound.on(JWKS_URL, sender.step),
    /** Returns how often the keys were fetched, failures included. */
    asked: () => asked,
    /** Makes the keys' URL do this from now on: `status(500)`, `reset`, `broken`, `stall`, any step. */
    fail: (step) => (failure = step),
    /** Makes the keys' URL work again. */
    heal: () => (failure = undefined),
  };
  return sender;
}

/**
 * Returns the headers of a webhook.
 *
 * @param {object} letter
 * @param {Key} letter.key
 * @param {string} letter.requestId
 * @param {string | Uint8Array} letter.body exactly as it is sent
 * @param {string} [letter.userId]
 * @param {number | string} [letter.timestamp] in s; the present by default
 */
export function signed({ key, requestId, body, userId = "fal-user-1", timestamp = seconds() }) {
  const hash = createHash("sha256").update(body).digest("hex");
  const message = [requestId, userId, timestamp, hash].join("\n");
  return {
    "x-fal-webhook-request-id": requestId,
    "x-fal-webhook-user-id": userId,
    "x-fal-webhook-timestamp": String(timestamp),
    "x-fal-webhook-signature": sign(null, Buffer.from(message), key.privateKey).toString("hex"),
  };
}

/** Returns the body with a result. A request that was sent on has two ids. */
export const ok = (requestId, payload, gatewayRequestId = requestId) =>
  JSON.stringify({ ...ids(requestId, gatewayRequestId), status: "OK", payload });

/** Returns the body of a job that failed. */
export const error = (requestId, text, payload = null) =>
  JSON.stringify({ ...ids(requestId), status: "ERROR", error: text, payload });

/** Returns the body of a job that is done, but whose result is not JSON. */
export const unreadable = (requestId, text) =>
  JSON.stringify({ ...ids(requestId), status: "OK", payload: null, payload_error: text });

/** A step that answers with half of a JSON text. */
export const broken = (response) => answer(response, '{"keys":[{"kty":"OKP"');

/** A step that never answers. */
export const stall = () => {};

/** Returns a step that answers with these keys, or with invalid ones. */
export const published = (jwks) => (response) => answer(response, JSON.stringify(jwks));

const seconds = () => Math.floor(Date.now() / 1_000);

const ids = (requestId, gatewayRequestId = requestId) =>
  ({ request_id: requestId, gateway_request_id: gatewayRequestId });

function answer(response, text) {
  const length = Buffer.byteLength(text);
  response.writeHead(200, { "content-type": "application/json", "content-length": length });
  response.end(text);
}
