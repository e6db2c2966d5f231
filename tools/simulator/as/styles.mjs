// How the played senders' URLs say when they end. The signatures in them are for show: `links.mjs` knows each URL.

const iso = (ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
const basic = (ms) => iso(ms).replace(/[-:]/g, "");
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What each style adds to a URL. Those without a deadline end with the sender's life for its files. */
const STYLES = {
  plain: () => ({}),
  keyed: () => ({}),
  tos: ({ now, lifeS, mac }) => ({ "X-Tos-Algorithm": "TOS4-HMAC-SHA256", "X-Tos-Credential": "simulator",
    "X-Tos-Date": basic(now), "X-Tos-Expires": lifeS, "X-Tos-SignedHeaders": "host", "X-Tos-Signature": mac("hex") }),
  cloudfront: ({ end, mac }) => ({ Expires: end, Signature: mac("base64url"), "Key-Pair-Id": "simulator" }),
  sas: ({ end, mac }) => ({ se: iso(end * 1_000), sp: "r", sv: "2024-11-04", sr: "b", sig: mac("base64") }),
  jwt: ({ end, mac }) => {
    const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: end })}`;
    return { _jwt: `${text}.${mac("base64url", text)}` };
  },
};

/** With `s3` the S3 server's own presigned URLs are given out. */
export const STYLE_NAMES = [...Object.keys(STYLES), "s3"];

/** Tells whether URLs of a style say when they end. */
export const isDated = (style) => !["plain", "keyed"].includes(style);

/**
 * @param {string} style
 * @param {{ now: number, end: number, lifeS: number, mac: (coding: string, text?: string) => string }} values `now` in
 *   ms, `end` in seconds
 * @returns {Record<string, unknown>} the parameters of a URL's query
 */
export const queryOf = (style, values) => STYLES[style](values);
