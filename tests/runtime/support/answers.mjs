// What every answer of a kind must look like.
import assert from "node:assert/strict";

/** An answer of RFC 9457 with this status; returns its detail. */
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

/** The body of a JSON answer with this status. */
export async function json(response, status = 200) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get("content-type"), "application/json");
  return JSON.parse(text);
}
