// Who can deliver, how much, and how the others are refused.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json, problem } from "../support/answers.mjs";
import { acquired } from "../support/deliveries.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";

const MAX_BODY_BYTES = 1_000;
const NEWER_TOKEN = "newer-hook-token-0123456789";

describe("access to the hook", () => {
  let vault;
  before(async () => {
    const HOOK_TOKENS = `${HOOK_TOKEN}, ${NEWER_TOKEN}`;
    vault = await startVault({
      vars: { HOOK_TOKEN: HOOK_TOKENS, MAX_BODY_BYTES: String(MAX_BODY_BYTES) },
    });
  });
  after(() => vault?.stop());

  test("401 without a valid token", async () => {
    const strangers = [
      ["/hook"],
      ["/hook/"],
      ["/hook/wrong-hook-token-0123456789"],
      [`/hook/${HOOK_TOKEN.slice(0, -1)}`],
      [`/hook/${HOOK_TOKEN}0`],
      [`/hook/${HOOK_TOKEN.toUpperCase()}`],
      [`/hook/${HOOK_TOKEN},%20${NEWER_TOKEN}`],
      [`/hook/${API_TOKEN}`],
      ["/hook//order-7"],
      ["/hook", "Bearer"],
      ["/hook", "Bearer "],
      ["/hook", `Bearer ${HOOK_TOKEN.slice(0, -1)}`],
      ["/hook", `Basic ${HOOK_TOKEN}`],
      ["/hook", HOOK_TOKEN],
      ["/hook/wrong-hook-token-0123456789", `Bearer ${HOOK_TOKEN}`],
    ];
    for (const [path, authorization] of strangers) {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await vault.post(path, JSON.stringify(acquired("stranger")), headers);
      assert.match(response.headers.get("www-authenticate"), /^Bearer( error="invalid_token")?$/, path);
      const detail = await problem(response, 401);
      assert.ok(!detail.includes(HOOK_TOKEN) && !detail.includes(NEWER_TOKEN), detail);
    }
    await problem(await vault.get("/jobs/stranger"), 404);
    assert.deepEqual((await vault.json("/unmatched")).unmatched, []);
  });

  test("each token of a list is accepted", async () => {
    for (const token of [HOOK_TOKEN, NEWER_TOKEN]) {
      const body = JSON.stringify(acquired(`by-${token}`));
      await json(await vault.post(`/hook/${token}`, body));
      await json(await vault.post("/hook", body, { authorization: `Bearer ${token}` }));
    }
  });

  test("405 for other methods", async () => {
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
      for (const url of [vault.hookUrl(), vault.hookUrl("order-7"), `${vault.url}/hook`]) {
        const response = await fetch(url, { method });
        assert.equal(response.headers.get("allow"), "POST, OPTIONS", method);
        if (method === "HEAD") assert.equal(response.status, 405);
        else await problem(response, 405);
      }
    }
  });

  const sized = (id, bytes) => JSON.stringify({ ...acquired(id), pad: "" }).padEnd(bytes, " ");
  const chunked = (text) => {
    const parts = text.match(/.{1,100}/gs).map((part) => Buffer.from(part));
    return ReadableStream.from(parts);
  };

  test("413 for a body over the limit, with or without a length", async () => {
    for (const [name, asBody] of [["declared", (text) => text], ["chunked", chunked]]) {
      const fits = await vault.post(vault.hookUrl(), asBody(sized(`${name}-fits`, MAX_BODY_BYTES)));
      assert.equal((await json(fits)).id, `${name}-fits`);
      const over = asBody(sized(`${name}-over`, MAX_BODY_BYTES + 1));
      const detail = await problem(await vault.post(vault.hookUrl(), over), 413);
      assert.match(detail, /1000 bytes.*MAX_BODY_BYTES/);
      await problem(await vault.get(`/jobs/${name}-over`), 404);
    }
  });

  test("a stranger's body is not read: 401 comes before 413", async () => {
    await problem(await vault.post("/hook/wrong", sized("stranger", MAX_BODY_BYTES + 1)), 401);
  });
});

describe("missing settings", () => {
  let vault;
  const start = async (options) => {
    vault = await startVault(options);
    return vault;
  };
  const deliver = (id) => vault.post(`/hook/${HOOK_TOKEN}`, JSON.stringify(acquired(id)));

  test("without HOOK_TOKEN the hook is closed and names the command", async () => {
    await start({ vars: { HOOK_TOKEN: null } });
    for (const path of [`/hook/${HOOK_TOKEN}`, "/hook", "/hook/"]) {
      const detail = await problem(await vault.post(path, "{}"), 503);
      assert.match(detail, /HOOK_TOKEN is not set.*`npx wrangler secret put HOOK_TOKEN`/);
    }
    await problem(await vault.get("/jobs/7"), 404);
    await vault.stop();
  });

  test("a HOOK_TOKEN that is too short closes it too", async () => {
    await start({ vars: { HOOK_TOKEN: "short" } });
    const detail = await problem(await vault.post("/hook/short", "{}"), 503);
    assert.match(detail, /HOOK_TOKEN must be 16 .*`npx wrangler secret put HOOK_TOKEN`/);
    await vault.stop();
  });

  test("without API_TOKEN reading is closed, and deliveries are accepted", async () => {
    await start({ vars: { API_TOKEN: null } });
    await json(await deliver("before"));
    for (const path of ["/jobs/before", "/jobs/before/result", "/jobs/before/events", "/unmatched"]) {
      const detail = await problem(await vault.get(path), 503);
      assert.match(detail, /API_TOKEN is not set.*`npx wrangler secret put API_TOKEN`/);
    }
    await vault.restart({ API_TOKEN });
    assert.equal((await vault.job("before")).status, "acquired");
    await vault.stop();
  });

  test("a delivery whose job can't be reached is kept in the unmatched box", async () => {
    const without = ({ durableObjects: { JOBS: _, ...others }, ...options }) =>
      ({ ...options, durableObjects: others });
    await start({ change: without });
    vault.expectErrors(/^asking JOBS/);
    const sent = JSON.stringify(acquired("unreachable"));
    const response = await vault.post(vault.hookUrl(), sent);
    assert.equal(response.status, 202);
    const { unmatched, reason } = await response.json();
    assert.equal(reason, "job unreachable could not be reached");
    assert.equal(await (await vault.get(`/unmatched/${unmatched}`)).text(), sent);
    await vault.stop();
  });

  test("ingest works without the bucket, without KV, and with wrong variables", async () => {
    const without = ({ r2Buckets: _, kvNamespaces: __, ...options }) => options;
    const vars = { MAX_BODY_BYTES: "much", ALLOWED_SOURCE_HOSTS: "https://a/b", API_TOKEN: null };
    await start({ vars, change: without });
    vault.expectErrors(/^(MAX_BODY_BYTES is "much"|ALLOWED_SOURCE_HOSTS: "https:\/\/a\/b")/);
    vault.expectErrors(/opening the (FILES|RECORDS)/);
    vault.leaveWork();
    assert.equal((await json(await deliver("alone"))).id, "alone");
    const ended = JSON.stringify({ eventType: "completed", jobId: "alone", text: "done" });
    assert.equal((await json(await vault.post(vault.hookUrl(), ended))).eventType, "completed");
    await vault.stop();
  });
});
