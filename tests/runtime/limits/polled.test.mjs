// What one question to a sender costs while its job runs: `docs/cost.md` says the same.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { columnsOf } from "../../../tools/cost/columns.mjs";
import { counted, forget } from "../../../tools/workerd/counted.mjs";
import { say, startHosts } from "../support/servers/hosts.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const QUESTIONS = 3;
const COST = { alarms: 1, jobRowsRead: 1, jobRowsWritten: 5, fetches: 1 };

describe("a question to a sender", () => {
  let hosts, vault;
  before(async () => {
    hosts = await startHosts();
    const change = (options) => hosts.change(counted(options));
    const vars = { RETRY_BASE_MS: "400", SENDER_KEYS: '{"runway":"runway-key-0123456789"}' };
    vault = await startVault({ vars, change });
  });
  after(async () => {
    vault?.leaveWork();
    await stopAll(vault, hosts);
  });

  test("costs a run, two alarms and three writes", async () => {
    const url = "https://api.dev.runwayml.com/v1/tasks/t1";
    hosts.on(url, say({ id: "t1", status: "RUNNING" }));
    await vault.import({ id: "t1", from: "runway" });
    const asked = (times) => eventually(`it was asked ${times} times`, async () => {
      const { running } = await (await fetch(`${vault.url}/.counted`)).json();
      return (running === 0 && hosts.requests(url).length >= times) || undefined;
    });
    await asked(2);
    await forget(vault);
    await asked(2 + QUESTIONS);
    const { counts } = await (await fetch(`${vault.url}/.counted`)).json();
    const columns = Object.entries(columnsOf(counts)).map(([name, count]) => [name, count / QUESTIONS]);
    assert.deepEqual(Object.fromEntries(columns), COST);
    const page = readFileSync(new URL("../../../docs/cost.md", import.meta.url), "utf8");
    assert.ok(page.includes(`${COST.jobRowsWritten} rows written`));
  });
});
