// Tickets: short-lived rights for one thing each, made with the API token.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired } from "../support/deliveries.mjs";
import { API_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";

const bearer = (token) => ({ authorization: `Bearer ${token}` });

describe("tickets", () => {
  let vault;
  before(async () => {
    vault = await startVault({ vars: { READ_TOKEN } });
    for (const id of ["1", "2"]) await vault.deliver(acquired(id));
  });
  after(() => vault.stop());

  const make = async (body, token = API_TOKEN) => {
    const response = await vault.post("/tickets", JSON.stringify(body), bearer(token));
    return { status: response.status, ...(await response.json()) };
  };
  const status = async (path, init) => {
    const response = await fetch(vault.url + path, init);
    await response.arrayBuffer();
    return response.status;
  };

  it("grant reading one job", async () => {
    const { ticket, expiresAt } = await make({ scope: "job:1", ttl: 60 });
    assert.ok(expiresAt > Date.now() && expiresAt <= Date.now() + 61_000);
    for (const path of ["/jobs/1", "/jobs/1/events", "/jobs/1/events/1/body"]) {
      assert.equal(await status(`${path}?ticket=${ticket}`), 200, path);
      assert.equal(await status(`${path}?ticket=${ticket}`, { method: "HEAD" }), 200, path);
    }
    assert.equal(await status(`/jobs/1/result?ticket=${ticket}`), 202);
    for (const path of ["/jobs/2", "/jobs", "/unmatched", "/jobs/ref:1"]) {
      assert.equal(await status(`${path}?ticket=${ticket}`), 403, path);
    }
    for (const path of ["/jobs", "/tickets"]) {
      assert.equal(await status(`${path}?ticket=${ticket}`, { method: "POST", body: "{}" }), 401, path);
    }
  });

  it("expire when they say so", async () => {
    const { ticket, expiresAt } = await make({ scope: "job:1", ttl: 1 });
    assert.equal(await status(`/jobs/1?ticket=${ticket}`), 200);
    while (Date.now() <= expiresAt) await new Promise((wake) => setTimeout(wake, 50));
    assert.equal(await status(`/jobs/1?ticket=${ticket}`), 401);
  });

  it("can't be forged", async () => {
    const { ticket } = await make({ scope: "job:1" });
    const [payload, mac] = ticket.split(".");
    const other = Buffer.from(payload, "base64url").toString().replace("job:1", "job:2");
    const forged = [`${Buffer.from(other).toString("base64url")}.${mac}`, `${payload}.`, payload, "", "."];
    for (const text of forged) {
      assert.equal(await status(`/jobs/2?ticket=${text}`), 401, text);
      assert.equal(await status(`/jobs/1?ticket=${text}`), 401, text);
    }
  });

  it("are made only with the API token, and an error says what is wrong with a request", async () => {
    assert.equal((await make({ scope: "live" }, READ_TOKEN)).status, 403);
    assert.equal((await make({ scope: "live" }, "x".repeat(20))).status, 401);
    for (const [wish, named] of [
      [{ scope: "everything" }, /"everything"/],
      [{ scope: "live", ttl: 0 }, /`ttl` is 0/],
      [{ scope: "live", count: 3 }, /`count`/],
      [{ scope: "job:a/b" }, /a\/b/],
    ]) {
      const answer = await make(wish);
      assert.equal(answer.status, 400);
      assert.match(answer.detail, named);
    }
    const long = await vault.post("/tickets", "x".repeat(20_000), bearer(API_TOKEN));
    assert.equal(long.status, 400);
  });

  it("end with the token that signed them", async () => {
    const { ticket } = await make({ scope: "job:1" });
    await vault.restart({ API_TOKEN: `another-token-0123456789, ${API_TOKEN}` });
    assert.equal(await status(`/jobs/1?ticket=${ticket}`), 200);
    await vault.restart({ API_TOKEN: "another-token-0123456789" });
    assert.equal(await status(`/jobs/1?ticket=${ticket}`), 401);
    await vault.restart({ API_TOKEN });
  });

  it("give the read token no more than reading", async () => {
    const init = { headers: bearer(READ_TOKEN) };
    for (const path of ["/jobs/1", "/jobs", "/unmatched"]) assert.equal(await status(path, init), 200, path);
    for (const [method, path] of [["POST", "/jobs"], ["POST", "/unmatched/k?job=1"], ["DELETE", "/unmatched/k"]]) {
      assert.equal(await status(path, { ...init, method }), 403, `${method} ${path}`);
    }
  });
});
