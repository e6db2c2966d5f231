// `Idempotency-Key`: one job for a key, for a day, for all who repeat it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { call, PATIENT, queuesAt, says } from "../support/calls.mjs";
import { reset, startOrigin, status } from "../support/servers/origin.mjs";
import { raw } from "../support/raw.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const NEXT_TOKEN = "another-token-0123456789";
let origin, vault, count = 0;
before(async () => {
  origin = await startOrigin();
  vault = await startVault({ vars: { ...queuesAt(origin), ...PATIENT, API_TOKEN: `${API_TOKEN},${NEXT_TOKEN}` } });
});
after(() => stopAll(vault, origin));

const taken = says(() => ({ request_id: String((count += 1)) }));
const submit = (key, { path = "/queue/m", body = "{}", ...more } = {}) =>
  call(vault, "POST", path, { body, headers: { "idempotency-key": key }, ...more });
const asked = (path = "/queue/m") => origin.requests(path).length;

describe("a key", () => {
  it("is one job, during the first submission and after it", async () => {
    let release;
    origin.on("/queue/slow", (response, request) => (release = () => taken(response, request)));
    const options = { path: "/queue/slow" };
    const running = Array.from({ length: 8 }, () => submit("slow", options));
    await eventually("the upstream is asked", () => release);
    release();
    const answers = [...await Promise.all(running), await submit("slow", options)];
    assert.deepEqual(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
    assert.equal(asked("/queue/slow"), 1);
    assert.equal(new Set(answers.map(({ headers }) => headers.get("x-hookvault-file"))).size, 1);
  });

  it("belongs to this vault, and survives a restart and another token of the list", async () => {
    origin.on("/queue/m", taken);
    const first = await submit("order-7");
    assert.equal(origin.requests("/queue/m").at(-1).headers["idempotency-key"], undefined);
    await vault.restart();
    const headers = { authorization: `Bearer ${NEXT_TOKEN}`, "idempotency-key": "order-7" };
    const again = await fetch(`${vault.url}/queue/m`, { method: "POST", body: "{}", headers: { ...headers, connection: "close" } });
    assert.equal((await again.json()).request_id, first.json.request_id);
  });

  it("used for something else is a 422 that asks nothing", async () => {
    for (const path of ["/queue/m", "/queue/n", "/fal/queue/m"]) origin.on(path, taken);
    await submit("other");
    const before = origin.requestsMade().length;
    for (const options of [{ body: '{"a":1}' }, { body: "{ }" }, { path: "/queue/n" }, { path: "/fal/queue/m" }, { path: "/queue/m?x=1" },
      { path: "/queue/m?fal_webhook=https%3A%2F%2Fclient.example%2F" }]) {
      const answer = await submit("other", options);
      assert.equal(answer.status, 422, JSON.stringify(options));
      assert.match(answer.json.message, /Idempotency-Key/);
    }
    assert.equal(origin.requestsMade().length, before);
  });

  it("is used up by a refusal, but not by an error that may pass", async () => {
    const path = "/queue/later";
    for (const [n, step] of [status(429), status(500), status(503), reset].entries()) {
      origin.on(path, step, taken);
      assert.ok((await submit(`later-${n}`, { path })).status >= 429);
      const second = await submit(`later-${n}`, { path });
      assert.equal(second.status, 200);
      assert.equal((await submit(`later-${n}`, { path })).json.request_id, second.json.request_id);
    }
    for (const code of [400, 401, 403, 404, 422]) {
      origin.on(path, says({ detail: "no" }, code), taken);
      const first = await submit(`never-${code}`, { path });
      const again = await submit(`never-${code}`, { path });
      assert.deepEqual([first.status, again.status, again.text], [code, code, first.text]);
    }
  });

  it("may have any bytes of a header, up to 255, and differs from every other key", async () => {
    origin.on("/queue/m", taken);
    const keys = ["a", "A", "a b", '"a"', "a,b", "a;b=c", "\u00e9", "\u00ff".repeat(255), "a".repeat(255), "r_gw-x", "../..", "ref:x"];
    const ids = [];
    for (const key of keys) {
      const headers = { authorization: `Bearer ${API_TOKEN}`, "idempotency-key": key, connection: "close" };
      const [first, again] = [await raw(vault.url, "POST", "/queue/m", headers), await raw(vault.url, "POST", "/queue/m", headers)];
      assert.deepEqual([first.status, again.text], [200, first.text], key);
      ids.push(JSON.parse(first.text).request_id);
    }
    assert.equal(new Set(ids).size, keys.length);
    const before = asked();
    const tooLong = await submit("a".repeat(256));
    assert.deepEqual([tooLong.status, asked()], [400, before]);
  });

  it("that is empty is an error", async () => {
    origin.on("/queue/m", taken);
    const before = asked();
    assert.deepEqual([(await submit("")).status, asked()], [400, before]);
  });
});
