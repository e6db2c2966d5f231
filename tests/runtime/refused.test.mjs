// `GET /refused`: what the owner gets to see of deliveries that were refused.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired } from "./support/deliveries.mjs";
import { HOOK_TOKEN, startVault } from "./support/vault.mjs";
import { eventually } from "./support/wait.mjs";

describe("refused deliveries", () => {
  let vault;
  before(async () => {
    vault = await startVault({ vars: { MAX_BODY_BYTES: "1000" } });
  });
  after(() => vault.stop());

  const wrong = (headers) => vault.post("/hook/wrong-token-0123456789/order-7", "{}", headers);
  const until = (n) => eventually(`${n} are told`, async () => {
    const answer = await vault.json("/refused");
    return answer.total >= n ? answer : undefined;
  });

  it("are none at first", async () => {
    assert.deepEqual(await vault.json("/refused"), { refused: [], total: 0 });
  });

  it("say when, why and by whom, and never the token", async () => {
    const from = Date.now();
    await wrong({ "user-agent": `queue/1 (https://h/hook/${HOOK_TOKEN})` });
    await vault.post(`/hook/${HOOK_TOKEN}`, "x".repeat(1_001));
    await fetch(`${vault.url}/hook/${HOOK_TOKEN}`);
    const { refused, total } = await until(3);
    assert.equal(total, 3);
    assert.deepEqual(refused.map(({ status }) => status).sort(), [401, 405, 413]);
    const one = refused.find(({ status }) => status === 401);
    assert.ok(one.at >= from - 1_000 && one.at <= Date.now() + 1_000);
    assert.match(one.reason, /HOOK_TOKEN/);
    assert.equal(one.userAgent, "queue/1 (https://h/hook/***)");
    assert.equal(one.bytes, 2);
    assert.match(refused.find(({ status }) => status === 413).reason, /MAX_BODY_BYTES/);
    assert.doesNotMatch(JSON.stringify(refused), new RegExp(`${HOOK_TOKEN}|wrong-token`));
  });

  it("do not count those that were taken", async () => {
    await vault.deliver(acquired("1"));
    await vault.deliver({ eventType: "acquired" });
    assert.equal((await vault.json("/refused")).total, 3);
  });

  it("are not to be flooded, and the others stay", async () => {
    for (let n = 0; n < 40; n += 1) await Promise.all(Array.from({ length: 10 }, () => wrong()));
    const { refused } = await until(4);
    assert.ok(refused.length <= 15, `${refused.length} of 400 are kept`);
    assert.ok(refused.some(({ status }) => status === 413));
    await eventually("those that were not noted are counted", async () => {
      await wrong();
      return (await vault.json("/refused")).total >= 300 || undefined;
    });
  });
});
