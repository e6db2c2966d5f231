// `hookvault deploy` of the installed package: what it writes into a user's folder, and what it never touches. wrangler
// is real for `--dry-run`, else a stand-in, because there is no account here.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { unstable_readConfig as readConfig } from "wrangler";
import { inRoot } from "../../../tools/setup/project.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../../runtime/support/vault.mjs";
import { OFFLINE } from "../support/wrangler.mjs";
import { Installed } from "./installed.mjs";

const FAKE = inRoot("tests", "tools", "support", "fake-wrangler.mjs");
const BOTH = { HOOK_TOKEN, API_TOKEN };

describe("hookvault deploy", () => {
  let installed;
  before(() => (installed = new Installed()));
  after(() => installed?.remove());

  const read = (cwd, name) => readFileSync(join(cwd, name), "utf8");
  /** Deploys with a stand-in for wrangler, which keeps its calls in a folder of its own. */
  async function deployed(cwd, { script = {}, env = BOTH, args = [] } = {}) {
    const dir = installed.folder(`wrangler-${Date.now()}-${Math.random()}`);
    writeFileSync(join(dir, "script.json"), JSON.stringify(script));
    const result = await installed.run(cwd, ["deploy", ...args], { HOOKVAULT_WRANGLER: FAKE, FAKE_WRANGLER_DIR: dir, ...env });
    const calls = join(dir, "calls.ndjson");
    return { ...result, calls: existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : [] };
  }

  it("bundles by the real wrangler with --dry-run, with neither cargo nor a network", async () => {
    const cwd = installed.folder("dry");
    const { code, text } = await installed.run(cwd, ["deploy", "--dry-run", "--outdir", "out"], OFFLINE);
    assert.equal(code, 0, text);
    assert.match(text, /Wrote wrangler\.toml/);
    for (const name of ["JOBS", "CATALOG", "FILES", "RECORDS"]) assert.match(text, new RegExp(`env\\.${name}\\b`));
    assert.match(text, /--dry-run: exiting now\./);
    assert.doesNotMatch(text, /\bWARNING\b|custom build/i);
    assert.ok(readdirSync(join(cwd, "out")).length > 0, "the arguments reach wrangler");
    assert.equal(read(cwd, ".hookvault/.gitignore"), "*\n");
    const [ours, source] = [join(cwd, "wrangler.toml"), inRoot("wrangler.toml")].map((config) => readConfig({ config }));
    const known = ({ build: _, configPath: _1, userConfigPath: _2, main: _3, assets: _4, ...rest }) => rest;
    assert.deepEqual(known(ours), known(source));
    assert.deepEqual({ ...ours.assets, directory: undefined }, { ...source.assets, directory: undefined });
    assert.doesNotMatch(read(cwd, "wrangler.toml"), /\[build\]|node_modules|"build\//);
  });

  it("sets the secrets, examines the Worker, and names its own commands", async (t) => {
    const vault = await startVault({ vars: { UPSTREAM_API_KEY: null } });
    t.after(() => vault.stop());
    const cwd = installed.folder("whole");
    const { code, text, calls } = await deployed(cwd, { script: { targets: [vault.url] } });
    assert.equal(code, 0, text);
    assert.deepEqual(calls.map(({ command }) => command), ["whoami", "deploy", "secret list", "secret bulk"]);
    assert.deepEqual([...new Set(calls.map((call) => call.cwd))], [realpathSync(cwd)]);
    assert.match(text, /✔ served[^]*fal_webhook/);
    const again = await deployed(cwd, { script: { targets: ["https://vault.invalid"] }, env: { HOOK_TOKEN } });
    assert.equal(again.code, 1);
    const later = await deployed(cwd, { script: { targets: [] } });
    assert.match(later.text, /check it: `npx hookvault doctor <URL>`/);
    assert.doesNotMatch(text + again.text + later.text, /npm run/);
  });

  it("replaces the Worker each time, and never the user's configuration", async () => {
    const cwd = installed.folder("edited");
    assert.equal((await deployed(cwd)).code, 0);
    const edited = `${read(cwd, "wrangler.toml")}\n[vars]\nRETENTION_DAYS = "30"\n`;
    writeFileSync(join(cwd, "wrangler.toml"), edited);
    writeFileSync(join(cwd, ".hookvault/worker/index.js"), "// of an older version\n");
    writeFileSync(join(cwd, ".hookvault/worker/old.js"), "// of an older version\n");
    const { code, text } = await deployed(cwd);
    assert.equal(code, 0, text);
    assert.doesNotMatch(text, /Wrote wrangler\.toml/);
    assert.equal(read(cwd, "wrangler.toml"), edited);
    assert.deepEqual(readdirSync(join(cwd, ".hookvault/worker")).sort(), ["assets", "index.js", "index_bg.wasm"]);
    assert.equal(read(cwd, ".hookvault/worker/index.js"), read(installed.root, "build/index.js"));
    assert.deepEqual(readdirSync(join(cwd, ".hookvault")).sort(), [".gitignore", "worker"]);
  });

  it("refuses a folder with another Worker's configuration, and changes nothing there", async () => {
    const cwd = installed.folder("foreign");
    for (const [name, text] of [["wrangler.toml", 'name = "mine"\nmain = "src/index.ts"\n'], ["wrangler.jsonc", '{ "name": "mine" }']]) {
      writeFileSync(join(cwd, name), text);
      const { code, text: said, calls } = await deployed(cwd);
      assert.equal(code, 1);
      assert.match(said, new RegExp(`${name} is not hookvault's.*Nothing was changed\\. Run this in an empty folder\\.`));
      assert.deepEqual(calls, []);
      assert.deepEqual(readdirSync(cwd), [name]);
      assert.equal(read(cwd, name), text);
      rmSync(join(cwd, name));
    }
    const named = await deployed(cwd, { args: ["--config", "mine.toml", "--env", "staging"] });
    assert.equal(named.code, 0, named.text);
    assert.deepEqual(named.calls[1].argv, ["deploy", "--config", "mine.toml", "--env", "staging"]);
    assert.deepEqual(readdirSync(cwd), [".hookvault"]);
  });
});
