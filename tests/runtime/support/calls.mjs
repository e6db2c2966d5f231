// Calls of the gateway, as the queues' clients make them.
import { API_TOKEN } from "./vault.mjs";

/** A call with a token in a scheme; `Key` is what fal's clients write. */
export async function call(vault, method, path, { body, headers = {}, scheme = "Bearer", signal } = {}) {
  const init = { method, signal, headers: { authorization: `${scheme} ${API_TOKEN}`, connection: "close", ...headers } };
  if (body !== undefined) Object.assign(init, { body: typeof body === "string" ? body : JSON.stringify(body) });
  const response = await fetch(vault.url + path, init);
  const text = await response.text();
  let json;
  try { json = JSON.parse(text); } catch { json = undefined; }
  return { status: response.status, headers: response.headers, text, json };
}

/** Variables that make an origin of `startOrigin` both queues. */
export const queuesAt = (origin) => ({ UPSTREAM_API_KEY: "upstream-key-0123456789",
  UPSTREAM_QUEUE_URL: `${origin.url}/queue`, UPSTREAM_FAL_URL: `${origin.url}/fal/queue` });

/** Pauses as deployed: no queue is asked for a silent job while a test counts who is asked. */
export const PATIENT = { RETRY_BASE_MS: "2000" };

/** A step that answers with JSON; a function gets the request. */
export const says = (value, status = 200, headers = {}) => (response, request) => {
  const told = typeof value === "function" ? value(request) : value;
  response.writeHead(status, { "content-type": "application/json", ...headers })
    .end(typeof told === "string" ? told : JSON.stringify(told));
};
