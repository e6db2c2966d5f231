// Calls the gateway as the queues' clients do.
import { API_TOKEN } from "./vault.mjs";

/** Sends a request with the API token in a scheme; fal's clients write `Key`. */
export async function call(vault, method, path, { body, headers = {}, scheme = "Bearer", signal } = {}) {
  const init = { method, signal, headers: { authorization: `${scheme} ${API_TOKEN}`, connection: "close", ...headers } };
  if (body !== undefined) Object.assign(init, { body: typeof body === "string" ? body : JSON.stringify(body) });
  const response = await fetch(vault.url + path, init);
  const text = await response.text();
  let json;
  try { json = JSON.parse(text); } catch { json = undefined; }
  return { status: response.status, headers: response.headers, text, json };
}

/** Returns variables that make an origin of `startOrigin` both queues. */
export const queuesAt = (origin) => ({ UPSTREAM_API_KEY: "upstream-key-0123456789",
  UPSTREAM_QUEUE_URL: `${origin.url}/queue`, UPSTREAM_FAL_URL: `${origin.url}/fal/queue` });

/** Sets the deployed pauses, so that the vault asks no queue about a silent job while a test counts requests. */
export const PATIENT = { RETRY_BASE_MS: "2000" };

/** Returns a step that answers with JSON. A function as `value` gets the request. */
export const says = (value, status = 200, headers = {}) => (response, request) => {
  const told = typeof value === "function" ? value(request) : value;
  response.writeHead(status, { "content-type": "application/json", ...headers })
    .end(typeof told === "string" ? told : JSON.stringify(told));
};
