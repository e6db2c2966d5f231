// Faults of a server: each plays one answer, and strikes when it has really been played.
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {(exchange: object) => Promise<unknown> | void} Fault */

/** @returns {Fault} */
export const answers = (code, headers = {}) => (exchange) => {
  exchange.response.on("finish", () => exchange.strike());
  exchange.response.writeHead(code, headers).end();
};

/** No answer at all. @type {Fault} */
export const resets = (exchange) => {
  exchange.request.socket.resetAndDestroy();
  exchange.strike();
};

/** Nothing is sent as long as the job is held. @type {Fault} */
export const holds = async (exchange) => {
  await exchange.hold();
  await exchange.pass();
};

/** The head and `share` of the body, then `end` with what is left of it. */
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

/** The connection ends before the body does. */
export const cutsAt = (share) => until(share, closes);

export const resetsAt = (share) => until(share, (exchange) => {
  exchange.response.socket?.resetAndDestroy();
  exchange.strike();
});

/** Nothing more comes, until the other side closes the connection. */
export const stallsAt = (share) => until(share, (exchange) =>
  exchange.response.on("close", () => exchange.strike()));

/** The rest comes when the job is no longer held. */
export const holdsAt = (share) => until(share, async (exchange, rest) => {
  await exchange.hold();
  exchange.response.end(rest);
});

/** All bytes, after a `Content-Length` that is wrong by so many. */
export const liesBy = (bytes) => until(1, closes, (headers, body) =>
  ({ ...headers, "content-length": body.length + bytes }));

/** No length, and the connection ends before the body does. */
export const untoldCutsAt = (share) => until(share, closes, untold);

/** All of it, and nothing wrong but that. @type {Fault} */
export const tellsNoLength = until(1, ({ response }) => response.end(), untold);

function untold({ "content-length": _, ...headers }) {
  return headers;
}

/** The server is asked only when the URL has expired; it is that which refuses. @type {Fault} */
export const waitsForExpiry = async (exchange) => {
  await sleep(expiry(exchange.url) - Date.now());
  if (await exchange.pass() === 403) exchange.strike();
};

/** When a presigned URL is surely dead, in ms. */
function expiry({ searchParams }) {
  const date = searchParams.get("X-Amz-Date").replace(
    /^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return Date.parse(date) + (Number(searchParams.get("X-Amz-Expires")) + 1) * 1_000;
}
