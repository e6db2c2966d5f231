// Sends generated requests, right and wrong, to the API as `GET /openapi.json` describes it. The responses must match
// the description.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";
import { pythonTool, schemathesis } from "../../../tools/setup/python.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";

const FOLDER = fileURLToPath(new URL("../../openapi", import.meta.url));
const LEAST_CASES = 2_000;
/** A deleted job stays deleted for 30 days, however often it is imported. */
const UNFIT = ["--exclude-checks", "ensure_resource_availability"];

/** Runs schemathesis, and returns the numbers of its summary. */
async function run(vault, token, ...flags) {
  const args = ["--config-file", join(FOLDER, "schemathesis.toml"), "run", `${vault.url}/openapi.json`, "--checks", "all", ...UNFIT, "--seed", "20251227",
    "--continue-on-failure", "--header", `Authorization: Bearer ${token}`, ...flags];
  const env = { ...process.env, SCHEMATHESIS_HOOKS: "hooks", PYTHONPATH: FOLDER };
  const child = spawn(pythonTool("schemathesis"), args, { cwd: FOLDER, env });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  const [code] = await once(child, "close");
  const cases = Number(/(\d[\d,]*) generated/.exec(text)?.[1].replaceAll(",", ""));
  assert.equal(code, 0, text);
  return { cases, text };
}

describe("the API's description", { skip: lacking("python3 with venv") }, () => {
  let upstream, vault;
  before(async () => {
    await schemathesis.ensure();
    upstream = await startUpstream({ knobs: { size: 4_096 } });
    vault = await startVault({ sources: upstream.sources, vars: { ...upstream.vars, READ_TOKEN: "test-read-token-0123456789" } });
    vault.leaveWork();
    await vault.deliver(acquired("437852"), { reference: "order-7" });
    await vault.deliver({ eventType: "completed", jobId: "437852",
      image: `data:image/png;base64,${"A".repeat(2_000)}` }, { reference: "order-7" });
    await vault.deliver(told("failed", "437853", 1, { error: "no luck" }));
    await vault.settled("437852");
  });
  after(() => stopAll(vault, upstream));

  it("is valid OpenAPI 3.1, and public", async () => {
    const response = await fetch(`${vault.url}/openapi.json`);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.match((await response.json()).openapi, /^3\.1\./);
  });

  it("holds for the owner, case by case", async (t) => {
    const { cases } = await run(vault, API_TOKEN, "--max-examples", "60");
    t.diagnostic(`${cases} cases`);
    assert.ok(cases >= LEAST_CASES, `${cases} cases`);
    assert.deepEqual(vault.logs.filter(({ level }) => level === "error"), []);
  });

  it("holds for the sender", async (t) => {
    const { cases } = await run(vault, HOOK_TOKEN, "--max-examples", "60", "--include-path-regex", "^/hook$");
    t.diagnostic(`${cases} cases`);
    assert.ok(cases >= 30, `${cases} cases`);
  });
});
