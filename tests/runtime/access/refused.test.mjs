// `GET /refused`: what the owner sees of refused deliveries, and what a flood of them costs.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired } from "../support/deliveries.mjs";
import { raw } from "../support/raw.mjs";
import { HOOK_TOKEN, startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { eventually } from "../support/wait.mjs";


describe("refused deliveries", () => {
  let vault;
  before(async () => {
    vault = await startVault({ vars: { MAX_BODY_BYTES: "1000" } });
  });
  after(() => vault.stop());

  const wrong = (headers) => vault.post("/hook/wrong-token-0123456789/order-7", "{}", headers);
  const until = (n) => eventually(`${n} are listed`, async () => {
    const answer = await vault.json("/refused");
    return answer.total >= n ? answer : undefined;
  });

  it("are an empty list at first", async () => {
    assert.deepEqual(await vault.json("/refused"), { refused: [], total: 0 });
  });

  it("show time, reason and sender, and never the token", async () => {
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

  it("are those of the hook only", async () => {
    for (const path of ["/hooks", "/hook.php", "/hookup/x"]) assert.equal((await fetch(vault.url + path)).status, 404);
    await wrong();
    await until(4);
    assert.equal((await vault.json("/refused")).total, 4);
  });

  it("do not include accepted ones", async () => {
    await vault.deliver(acquired("1"));
    await vault.deliver({ eventType: "acquired" });
    assert.equal((await vault.json("/refused")).total, 4);
  });

  it("count in each spelling of the hook's path, each of which works with a valid token", async () => {
    const spellings = ["//hook", "/%68ook", "/hook/", "///%68%6F%6f%6B"];
    for (const [n, path] of spellings.entries()) {
      assert.equal((await raw(vault.url, "POST", `${path}/wrong-token-0123456789`)).status, 401, path);
      await until(5 + n);
      assert.notEqual((await raw(vault.url, "POST", `${path}/${HOOK_TOKEN}`)).status, 404, path);
    }
    await vault.json("/refused");
  });

  it("can't be flooded: the other statuses' entries stay", async () => {
    for (let n = 0; n < 40; n += 1) await Promise.all(Array.from({ length: 10 }, () => wrong()));
    const { refused } = await until(5);
    assert.ok(refused.length <= 15, `${refused.length} of 400 are kept`);
    assert.ok(refused.some(({ status }) => status === 413));
    await eventually("those that were not noted are counted", async () => {
      await wrong();
      return (await vault.json("/refused")).total >= 300 || undefined;
    });
  });
});

describe("a flood of wrong tokens", () => {
  const KNOCKS = 10_000;
  const AT_ONCE = 50;
  /** The reports that an isolate may send at once, and the pause in ms before another. */
  const [BURST, PAUSE_MS] = [10, 6_000];
  const KEPT_PER_STATUS = 50;

  it("costs few calls and few rows, and hides no lost delivery", async (context) => {
    const vault = await startVault({ vars: { MAX_BODY_BYTES: "1000" }, change: withEntry("asking") });
    context.after(() => vault.stop());
    const asked = (whom) => vault.logs.filter(({ message }) => message === `asked ${whom}`).length;
    const from = Date.now();
    const statuses = new Set();
    const knock = async (n) => {
      const token = n % 3 === 0 ? `r_job-${n}.${"0".repeat(32)}` : `wrong-token-${n}-0123456789`;
      const init = { method: "POST", body: "x".repeat(n % 100), headers: { connection: "close", "user-agent": `agent-${n}` } };
      const response = await fetch(`${vault.url}/hook/${token}/order-${n}`, init);
      await response.arrayBuffer();
      statuses.add(response.status);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, lane) => {
      for (let n = lane; n < KNOCKS; n += AT_ONCE) await knock(n);
    }));
    assert.deepEqual([...statuses], [401]);
    const most = BURST + Math.ceil((Date.now() - from) / PAUSE_MS) + 1;
    assert.ok(asked("the catalog") >= 1 && asked("the catalog") <= most, `${asked("the catalog")} calls, ${most} at most`);
    assert.equal(asked("a job"), 0);
    assert.equal((await vault.objects("Job")).databases, 0);
    assert.equal((await vault.post(`/hook/${HOOK_TOKEN}`, "x".repeat(1_001))).status, 413);
    const { refused } = await eventually("the lost delivery is noted", async () => {
      const answer = await vault.json("/refused");
      return answer.refused.some(({ status }) => status === 413) ? answer : undefined;
    });
    assert.ok(refused.length <= KEPT_PER_STATUS + 1, `${refused.length} rows`);
    await eventually("all are counted", async () => {
      await knock(1);
      return (await vault.json("/refused")).total > KNOCKS || undefined;
    });
  });
});
