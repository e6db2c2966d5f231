// Checks what every response of a kind must look like.
import assert from "node:assert/strict";

/** Checks that a response is an RFC 9457 problem with this status, and returns its detail. */
export async function problem(response, status) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const { type, title, status: told, code, detail, ...more } = JSON.parse(text);
  assert.deepEqual({ type, told, more }, { type: "about:blank", told: status, more: {} });
  assert.ok(title.length > 0 && code.length > 0 && detail.length > 0, text);
  return detail;
}

/** Returns the body of a JSON response, which must have this status. */
export async function json(response, status = 200) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get("content-type"), "application/json");
  return JSON.parse(text);
}
