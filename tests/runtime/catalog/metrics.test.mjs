// GET /metrics: what a monitor reads.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

describe("metrics", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  /** Returns every sample by its name and labels. */
  async function samples() {
    const response = await vault.get("/metrics");
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    const named = {};
    let typed;
    for (const line of text.trimEnd().split("\n")) {
      const [, name] = /^# TYPE (\w+) (?:counter|gauge)$/.exec(line) ?? [];
      if (name) typed = name;
      if (line.startsWith("#")) continue;
      const [, key, value] = /^(\w+(?:\{[^}]*\})?) ([\d.]+)$/.exec(line) ?? assert.fail(line);
      assert.equal(key.split("{")[0], typed, "a sample stands under its type");
      assert.ok(!(key in named), key);
      named[key] = Number(value);
    }
    return named;
  }

  it("exist before the first job", async () => {
    const all = await samples();
    assert.equal(all.hookvault_unmatched, 0);
    assert.equal(all.hookvault_refused_total, 0);
    assert.equal(all.hookvault_stored_bytes, 0);
  });

  it("count deliveries, jobs, and what is late", async () => {
    await vault.deliver(acquired("a"));
    await vault.deliver(acquired("a"));
    await vault.deliver(told("failed", "a", 1));
    await vault.deliver(completed(source.put("/b_0_a.mp4", noise(1_234)), "b"));
    await vault.deliver({ eventType: "made-up", jobId: "b" });
    await vault.deliver({ eventType: "failed" });
    await vault.post("/hook/wrong-token-0123456789", "{}");
    await vault.settled("b");
    source.on("/slow.mp4", () => {});
    await vault.deliver(completed(`${source.url}/slow.mp4`, "slow"));
    vault.leaveWork();
    const want = {
      'hookvault_deliveries_total{type="acquired",trust="token",outcome="applied"}': 1,
      'hookvault_deliveries_total{type="acquired",trust="token",outcome="duplicate"}': 1,
      'hookvault_deliveries_total{type="failed",trust="token",outcome="applied"}': 1,
      'hookvault_deliveries_total{type="completed",trust="token",outcome="applied"}': 2,
      'hookvault_deliveries_total{type="unknown",trust="token",outcome="unknown"}': 1,
      'hookvault_jobs{status="failed"}': 1,
      'hookvault_jobs{status="completed"}': 2,
      'hookvault_archives{archive="stored"}': 1,
      'hookvault_archives{archive="pending"}': 1,
      'hookvault_files{state="pending"}': 1,
      'hookvault_files{state="stored"}': 1,
      'hookvault_files{state="lost"}': 0,
      hookvault_stored_bytes: 1_234,
      hookvault_heals_total: 0,
      hookvault_unmatched: 1,
      hookvault_refused_total: 1,
    };
    await eventually("all is counted", async () => {
      const all = await samples();
      return Object.entries(want).every(([key, value]) => all[key] === value) || undefined;
    });
    const all = await samples();
    assert.ok(all.hookvault_oldest_pending_seconds < 600);
    assert.ok(all.hookvault_smallest_slack_seconds > 7_000 && all.hookvault_smallest_slack_seconds <= 7_200);
    assert.equal((await vault.get("/metrics?x=1")).status, 400);
  });
});
