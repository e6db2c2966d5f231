// Signs webhooks. Most schemes are an HMAC-SHA256 that a sender's data describes; `standard` is that of Standard
// Webhooks. Two need a key pair, whose public half the simulator publishes.

import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { filled } from "./fill.mjs";

const STANDARD = {
  secret: "whsec",
  over: "{letter}.{s}.{body}",
  headers: { "webhook-id": "{letter}", "webhook-timestamp": "{s}", "webhook-signature": "v1,{base64}" },
};
/** What each kind of secret makes of its text as the key. */
const KEYS = {
  whsec: (secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"),
  whsec_text: (secret) => secret.replace(/^whsec_/, ""),
  text: (secret) => secret,
};
const PAIRS = { ed25519: ["ed25519"], rs256: ["rsa", { modulusLength: 2_048 }] };
const SCHEMES = { ed25519, rs256 };
/** The audience of the JWTs. With Gemini it belongs to the project; no source says where it is set. */
export const AUDIENCE = "hookvault-simulator";
const JWT_LIFE_S = 300;
const pairs = new Map();

/** @returns {string | null} the secret by which a sender signs if nothing else is said; it is no secret */
export function secretOf({ name, webhook }) {
  const { secret } = schemeOf(webhook?.sign) ?? {};
  if (secret === undefined) return null;
  const text = Buffer.from(`the simulator plays ${name}`).toString("base64");
  return secret === "text" ? text : `whsec_${text}`;
}

/**
 * @param {string | object | undefined} scheme a row's `sign`
 * @param {{ id: string, letter: string, s: number, body: string, secret: string | null }} letter `letter` is the
 *   webhook's own id, `s` the time in seconds
 * @returns {Record<string, string>} headers
 */
export function signed(scheme, letter) {
  if (SCHEMES[scheme]) return SCHEMES[scheme](letter);
  const { secret: kind, over, headers } = schemeOf(scheme) ?? {};
  if (headers === undefined || letter.secret === null) return {};
  const hmac = over === undefined ? undefined
    : createHmac("sha256", KEYS[kind](letter.secret)).update(filled(over, letter)).digest();
  return texts(filled(headers, { ...letter, hex: hmac?.toString("hex"), base64: hmac?.toString("base64") }));
}

const schemeOf = (scheme) => (scheme === "standard" ? STANDARD : typeof scheme === "object" ? scheme : undefined);
const texts = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** @returns {{ keys: object[] } | undefined} the public half of a scheme's key */
export function jwksOf(scheme) {
  if (!SCHEMES[scheme]) return undefined;
  return { keys: [{ ...pairOf(scheme).publicKey.export({ format: "jwk" }), kid: kidOf(scheme) }] };
}

function pairOf(scheme) {
  if (!pairs.has(scheme)) pairs.set(scheme, generateKeyPairSync(...PAIRS[scheme]));
  return pairs.get(scheme);
}

const kidOf = (scheme) => `simulator-${scheme}`;

/** Signs as fal.ai does. */
function ed25519({ id, s, body }) {
  const user = "simulator";
  const hash = createHash("sha256").update(body).digest("hex");
  const signature = sign(null, Buffer.from([id, user, s, hash].join("\n")), pairOf("ed25519").privateKey);
  return {
    "x-fal-webhook-request-id": id,
    "x-fal-webhook-user-id": user,
    "x-fal-webhook-timestamp": String(s),
    "x-fal-webhook-signature": signature.toString("hex"),
  };
}

/** Signs as Gemini does for a webhook of one request: a JWT, which does not cover the body. */
function rs256({ letter, s }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const head = part({ alg: "RS256", kid: kidOf("rs256"), typ: "JWT" });
  const text = `${head}.${part({ aud: AUDIENCE, iat: s, exp: s + JWT_LIFE_S })}`;
  const signature = sign("sha256", Buffer.from(text), pairOf("rs256").privateKey).toString("base64url");
  return { "webhook-id": letter, "webhook-timestamp": String(s), "webhook-signature": `${text}.${signature}` };
}
