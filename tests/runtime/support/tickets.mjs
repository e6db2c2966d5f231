// Makes tickets for the proxy, as an app's server makes them for its pages.
import assert from "node:assert/strict";
import { API_TOKEN } from "./vault.mjs";

/** Makes a ticket with these wishes. */
export async function ticketOf(vault, wish = {}, token = API_TOKEN) {
  const body = JSON.stringify({ scope: "proxy", ttl: 600, ...wish });
  const answer = await vault.post("/tickets", body, { authorization: `Bearer ${token}` });
  assert.equal(answer.status, 200);
  return answer.json();
}

/** Returns the URL of a proxy with a ticket in it, which is all that a page knows. */
export const ticketed = async (vault, wish) =>
  `${vault.url}/fal/proxy/t_${(await ticketOf(vault, wish)).ticket}`;
