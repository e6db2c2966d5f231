// GET /metrics as Prometheus's own parser reads it, and the dashboard that queries it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { inRoot } from "../../../tools/setup/project.mjs";
import { completed } from "../support/deliveries.mjs";
import { python } from "../support/programs/python.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { file, noise } from "../support/servers/origin.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([{"name": f.name, "type": f.type, "help": f.documentation,
                   "samples": [[s.name, s.labels, s.value] for s in f.samples]} for f in families]))
`;
/** The labels of each metric that has some. */
const LABELS = { hookvault_deliveries_total: ["type", "trust", "outcome"], hookvault_jobs: ["status"],
  hookvault_archives: ["archive"], hookvault_files: ["state"], hookvault_cost: ["sender", "unit"] };
/** Those that a vault leaves out while it cannot know them. */
const UNKNOWN = ["hookvault_oldest_pending_seconds", "hookvault_smallest_slack_seconds", "hookvault_cost"];

describe("the metrics", { skip: lacking("python3 with venv") }, () => {
  let source, vault;
  before(async () => {
    source = await startSource();
    vault = await startVault({ sources: source.url, vars: { RESULT_URL: `${source.url}/results/{id}` } });
  });
  after(() => stopAll(vault, source));

  async function families() {
    const { code, stdout, stderr } = await python(PARSE, { input: await (await vault.get("/metrics")).text() });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }
  const named = (all) => new Map(all.flatMap(({ samples }) => samples.map(([name, labels]) => [name, Object.keys(labels)])));

  it("are read before the first job", async () => {
    const all = await families();
    assert.ok(all.length > 8);
    assert.deepEqual([...named(all).keys()].filter((name) => UNKNOWN.includes(name)), []);
  });

  it("have a type, a help, their labels and no sample twice, and the dashboard queries only them", async () => {
    await vault.deliver(completed(source.put("/b_0_a.mp4", noise(1_234)), "b"));
    await vault.settled("b");
    source.on("/results/f", file(Buffer.from("{}"), { "content-type": "application/json", "x-fal-billable-units": "1.5" }));
    await vault.deliver({ request_id: "f", gateway_request_id: "f", status: "OK", payload: null, payload_error: "large" });
    source.on("/slow.mp4", () => {});
    await vault.deliver(completed(`${source.url}/slow.mp4`, "slow"));
    vault.leaveWork();
    const all = await eventually("all metrics are there", async () => {
      const now = await families();
      return UNKNOWN.every((name) => named(now).has(name)) ? now : undefined;
    });
    for (const { name, type, help, samples } of all) {
      assert.ok(["counter", "gauge"].includes(type) && help.endsWith("."), name);
      assert.equal(type === "counter", samples.every(([sample]) => sample.endsWith("_total")), name);
      assert.equal(new Set(samples.map(([sample, labels]) => JSON.stringify([sample, labels]))).size, samples.length, name);
    }
    for (const [name, labels] of named(all)) assert.deepEqual(labels, LABELS[name] ?? [], name);
    const known = named(all);
    const dashboard = JSON.parse(readFileSync(inRoot("docs/grafana.json"), "utf8"));
    const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const used = new Set([...queries, dashboard.templating.list[0].query.query].flatMap((query) => query.match(/\bhookvault_\w+/g)));
    assert.deepEqual([...used].sort(), [...known.keys()].sort(), "every metric is shown, and no other");
    for (const query of queries) {
      const [metric] = query.match(/\bhookvault_\w+/);
      const [, grouped = ""] = /\bby \(([^)]*)\)/.exec(query) ?? [];
      const selected = [...query.matchAll(/[{ ](\w+)=~?"/g)].map(([, label]) => label);
      for (const label of [...grouped.split(", ").filter(Boolean), ...selected]) assert.ok(["instance", ...known.get(metric)].includes(label), query);
      assert.equal(/\b(rate|increase)\(/.test(query), metric.endsWith("_total"), query);
    }
  });
});
