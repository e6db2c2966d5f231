// Faults of a server. Each plays one response, and counts as struck once it has really been played.
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {(exchange: object) => Promise<unknown> | void} Fault */

/** @returns {Fault} */
export const answers = (code, headers = {}) => (exchange) => {
  exchange.response.on("finish", () => exchange.strike());
  exchange.response.writeHead(code, headers).end();
};

/** Sends no response. @type {Fault} */
export const resets = (exchange) => {
  exchange.request.socket.resetAndDestroy();
  exchange.strike();
};

/** Sends nothing while the job is held. @type {Fault} */
export const holds = async (exchange) => {
  await exchange.hold();
  await exchange.pass();
};

/** Sends the headers and `share` of the body, then calls `end` with the rest. */
const until = (share, end, tell = (headers) => headers) => async (exchange) => {
  const { status, headers, body } = await exchange.whole();
  const length = Math.floor(body.length * share);
  exchange.response.writeHead(status, tell(headers, body));
  exchange.response.write(body.subarray(0, length), () => end(exchange, body.subarray(length)));
};

const closes = (exchange) => {
  exchange.response.socket?.destroySoon();
  exchange.strike();
};

/** Closes the connection before the body ends. */
export const cutsAt = (share) => until(share, closes);

export const resetsAt = (share) => until(share, (exchange) => {
  exchange.response.socket?.resetAndDestroy();
  exchange.strike();
});

/** Sends nothing more until the other side closes the connection. */
export const stallsAt = (share) => until(share, (exchange) =>
  exchange.response.on("close", () => exchange.strike()));

/** Sends the rest when the job is no longer held. */
export const holdsAt = (share) => until(share, async (exchange, rest) => {
  await exchange.hold();
  exchange.response.end(rest);
});

/** Sends all bytes, after a `Content-Length` that is wrong by this many. */
export const liesBy = (bytes) => until(1, closes, (headers, body) =>
  ({ ...headers, "content-length": body.length + bytes }));

/** Sends no length, and closes the connection before the body ends. */
export const untoldCutsAt = (share) => until(share, closes, untold);

/** Sends everything, without a length. @type {Fault} */
export const tellsNoLength = until(1, ({ response }) => response.end(), untold);

function untold({ "content-length": _, ...headers }) {
  return headers;
}

/** Asks the server only after the URL has expired, so that the server itself refuses. @type {Fault} */
export const waitsForExpiry = async (exchange) => {
  await sleep(expiry(exchange.url) - Date.now());
  if (await exchange.pass() === 403) exchange.strike();
};

/** Returns when a presigned URL has surely expired, in ms. */
function expiry({ searchParams }) {
  const date = searchParams.get("X-Amz-Date").replace(
    /^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return Date.parse(date) + (Number(searchParams.get("X-Amz-Expires")) + 1) * 1_000;
}
