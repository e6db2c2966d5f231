// Every secret is a list, so that a new one can be added before the old one is removed. Jobs in flight, whose URL at
// the queue contains the old one, must not notice.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";

const NEW_HOOK = "newer-hook-token-0123456789";
const NEW_API = "newer-api-token-0123456789";
const [OLD_READ, NEW_READ] = ["older-read-token-0123456789", "newer-read-token-0123456789"];

describe("a rotation of the secrets", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced({ vars: { READ_TOKEN: OLD_READ } })));
  after(() => stopAll(vault, source));

  const hook = async (token, body) => (await vault.post(`/hook/${token}`, JSON.stringify(body))).status;
  const read = async (token, path = "/jobs/flying?wait=0") => {
    const response = await fetch(vault.url + path, { headers: { authorization: `Bearer ${token}` } });
    await response.arrayBuffer();
    return response.status;
  };

  it("does not disturb a job in flight", async () => {
    assert.equal(await hook(HOOK_TOKEN, acquired("flying")), 200);
    await vault.restart({ HOOK_TOKEN: `${NEW_HOOK}, ${HOOK_TOKEN}`, API_TOKEN: `${NEW_API},${API_TOKEN}`,
      READ_TOKEN: `${NEW_READ},${OLD_READ}` });
    const url = source.put("/flying_0_a.mp4");
    assert.equal(await hook(HOOK_TOKEN, { ...completed(url, "flying"), webhookUrl: vault.hookUrl() }), 200);
    assert.equal(await hook(NEW_HOOK, told("failed", "other")), 200);
    for (const token of [API_TOKEN, NEW_API, OLD_READ, NEW_READ]) assert.equal(await read(token), 200, token);
    const job = await vault.settled("flying");
    assert.deepEqual([job.status, job.archive], ["completed", "stored"]);
  });

  it("ends with the old secrets invalid, and with everything stored still there", async () => {
    const { files: [{ url }] } = await vault.job("flying");
    await vault.restart({ HOOK_TOKEN: NEW_HOOK, API_TOKEN: NEW_API, READ_TOKEN: NEW_READ });
    assert.equal(await hook(HOOK_TOKEN, acquired("late")), 401);
    assert.deepEqual([await read(API_TOKEN), await read(OLD_READ)], [401, 401]);
    assert.deepEqual([await read(NEW_API), await read(NEW_READ)], [200, 200]);
    assert.equal((await fetch(vault.url + new URL(url).pathname)).status, 200);
    const headers = { authorization: `Bearer ${NEW_API}` };
    for (const path of ["/jobs/flying?wait=0", "/jobs/flying/events", "/jobs/flying/events/2/body"]) {
      const text = await (await fetch(vault.url + path, { headers })).text();
      assert.ok(!text.includes(HOOK_TOKEN), path);
    }
    await vault.restart({ HOOK_TOKEN, API_TOKEN, READ_TOKEN: OLD_READ });
  });

  it("reports that a token is invalid, but not which one", async () => {
    vault.expectErrors(/HOOK_TOKEN: invalid entries: 1 of 2/);
    await vault.restart({ HOOK_TOKEN: `${HOOK_TOKEN},bad token` });
    assert.equal(await hook(HOOK_TOKEN, acquired("flying")), 200);
    assert.ok(vault.logs.some(({ message }) => /HOOK_TOKEN: invalid entries: 1 of 2/.test(message)));
    assert.ok(!vault.logs.some(({ message }) => message.includes("bad token")));
  });
});
