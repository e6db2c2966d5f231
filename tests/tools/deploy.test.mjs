// `npm run deploy`, with a stand-in for wrangler that records its calls, because there is no account here.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { deploy } from "../../tools/deploy/deploy.mjs";
import { isGood } from "../../tools/deploy/secrets.mjs";
import { shared, urlOf } from "../../tools/deploy/wrangler.mjs";
import { colours } from "../../tools/setup/terminal.mjs";
import { DEVELOPMENT } from "../../tools/start/vars.mjs";
import { ROOT } from "../../tools/workerd/vault.mjs";
import { freePort } from "../runtime/support/process.mjs";
import { lacking } from "../runtime/support/programs/tools.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../runtime/support/vault.mjs";
import { run } from "./support/run.mjs";

const FAKE = join(ROOT, "tests/tools/support/fake-wrangler.mjs");
const BOTH = { HOOK_TOKEN, API_TOKEN };

/** Makes a folder for the stand-in: its script, its calls, its secrets. */
function stage(context, script = {}, secrets) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-fake-"));
  context.after(() => rmSync(dir, { recursive: true }));
  const write = (name, value) => writeFileSync(join(dir, name), JSON.stringify(value));
  write("script.json", script);
  if (secrets) write("secrets.json", secrets);
  const path = join(dir, "calls.ndjson");
  return {
    dir,
    play: (more) => write("script.json", more),
    calls: () => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : []),
    secrets: () => JSON.parse(readFileSync(join(dir, "secrets.json"), "utf8")),
  };
}

/** Runs the command as in a pipeline: without a terminal. */
const piped = ({ dir }, env = {}, args = []) =>
  run("tools/deploy.mjs", args, { HOOKVAULT_WRANGLER: FAKE, FAKE_WRANGLER_DIR: dir, ...env });

/** Runs the command as on a terminal on which these answers are typed. */
async function typed({ dir }, answers, { env = {}, args = [], say = () => {}, ...more } = {}) {
  const said = [];
  const asked = [];
  const note = (text) => {
    said.push(text);
    say(text);
  };
  const ask = async (prompt) => {
    asked.push(prompt);
    assert.ok(answers.length > 0, `asked for more: ${prompt}`);
    return answers.shift();
  };
  const surroundings = { ...process.env, ...env, FAKE_WRANGLER_DIR: dir };
  const code = await deploy({ args, wrangler: FAKE, env: surroundings, ask, say: note, paint: colours({}), ...more });
  return { code, asked, text: said.join("\n") };
}

const commands = (stand) => stand.calls().map(({ command }) => command);

/** Checks that no call had a secret where others can read it. */
function assertUnseen(stand, ...values) {
  for (const { argv, env } of stand.calls()) {
    const seen = JSON.stringify({ argv, env });
    for (const value of values) assert.ok(!seen.includes(value), `${argv.join(" ")} shows ${value}`);
  }
}

describe("in a pipeline", () => {
  it("the first time: deploys, sets both secrets by standard input, and prints the webhook's URL", async (context) => {
    const vault = await startVault({ vars: { UPSTREAM_API_KEY: null } });
    context.after(() => vault.stop());
    const stand = stage(context, { targets: [vault.url] });
    const { code, text } = await piped(stand, { ...BOTH, CI: "true" });
    assert.equal(code, 0, text);
    assert.deepEqual(commands(stand), ["whoami", "deploy", "secret list", "secret bulk"]);
    const [, , list, bulk] = stand.calls();
    assert.deepEqual(bulk.argv, ["secret", "bulk", "--name", "hookvault"]);
    assert.deepEqual(list.argv, ["secret", "list", "--format", "json", "--name", "hookvault"]);
    assert.deepEqual(JSON.parse(bulk.stdin), BOTH);
    assertUnseen(stand, HOOK_TOKEN, API_TOKEN);
    assert.ok(!text.includes(HOOK_TOKEN) && !text.includes(API_TOKEN), "a log holds no secret");
    assert.match(text, /Set: HOOK_TOKEN \(from the environment\), API_TOKEN \(from the environment\)\./);
    assert.match(text, /✔ served/);
    assert.match(text, new RegExp(`fal_webhook.*\n  ${vault.url}/hook/<HOOK_TOKEN>\n`));
    assert.doesNotMatch(text, /owner@example\.com/);
  });

  it("again: sets nothing, asks nothing, and says so", async (context) => {
    const stand = stage(context, {}, { HOOK_TOKEN: "x", API_TOKEN: "x", READ_TOKEN: "x" });
    for (const env of [{}, BOTH]) {
      const { code, text } = await piped(stand, env);
      assert.equal(code, 0, text);
      assert.match(text, /left unchanged: HOOK_TOKEN, API_TOKEN/);
    }
    assert.deepEqual(commands(stand), ["whoami", "deploy", "secret list", "whoami", "deploy", "secret list"]);
    assert.equal(stand.secrets().HOOK_TOKEN, "x");
  });

  it("sets only what is missing", async (context) => {
    const stand = stage(context, {}, { HOOK_TOKEN: "x" });
    const { code, text } = await piped(stand, BOTH);
    assert.equal(code, 0, text);
    assert.deepEqual(JSON.parse(stand.calls().at(-1).stdin), { API_TOKEN });
    assert.deepEqual(stand.secrets(), { HOOK_TOKEN: "x", API_TOKEN });
  });

  it("makes no secret, and says what to do", async (context) => {
    const stand = stage(context);
    const { code, text } = await piped(stand);
    assert.equal(code, 1);
    assert.match(text, /HOOK_TOKEN and API_TOKEN are not set.*\n.*in the environment, or set each with `npx wrangler secret put <NAME>`/);
    assert.deepEqual(commands(stand), ["whoami", "deploy", "secret list"]);
    const half = await piped(stand, { API_TOKEN });
    assert.match(half.text, /HOOK_TOKEN is not set/);
  });

  it("refuses bad tokens of the environment before anything is done", async (context) => {
    const stand = stage(context);
    const bad = "r_not-a-hook-token-0123456789";
    const { code, text } = await piped(stand, { HOOK_TOKEN: bad, API_TOKEN });
    assert.equal(code, 1);
    assert.match(text, /HOOK_TOKEN in the environment must be 16 to 128/);
    assert.ok(!text.includes(bad));
    assert.deepEqual(stand.calls(), []);
  });

  it("does not use the public tokens of npm start, which the pages let a reader export", async (context) => {
    const stand = stage(context);
    const { HOOK_TOKEN: hook, API_TOKEN: api } = DEVELOPMENT;
    const { code, text } = await piped(stand, { HOOK_TOKEN: `${hook},${HOOK_TOKEN}`, API_TOKEN: api });
    assert.equal(code, 1);
    for (const name of ["HOOK_TOKEN", "API_TOKEN"]) assert.match(text, new RegExp(`${name} in the environment is the public one of \`npm start\``));
    assert.deepEqual(commands(stand), ["whoami", "deploy", "secret list"]);
    const asked = await typed(stand, [hook, HOOK_TOKEN, ""], { env: { HOOK_TOKEN: hook, API_TOKEN: api } });
    assert.match(asked.text, /It must not be the token of `npm start`[^]*Set: HOOK_TOKEN, API_TOKEN\./);
    assert.equal(stand.secrets().HOOK_TOKEN, HOOK_TOKEN);
    assert.match(stand.secrets().API_TOKEN, /^[0-9a-f]{48}$/);
  });

  it("not logged in: says how, and deploys nothing; a token of the account's API is enough", async (context) => {
    const stand = stage(context, { loggedIn: false }, BOTH);
    const { code, text } = await piped(stand);
    assert.equal(code, 1);
    assert.match(text, /CLOUDFLARE_API_TOKEN/);
    assert.deepEqual(commands(stand), ["whoami"]);
    assert.equal((await piped(stand, { CLOUDFLARE_API_TOKEN: "x" })).code, 0);
  });

  it("a failed deployment ends it", async (context) => {
    const stand = stage(context, { fails: { deploy: { code: 3, says: "no R2 here" } } });
    const { code, text } = await piped(stand, { ...BOTH, TMPDIR: stand.dir });
    assert.equal(code, 1);
    assert.match(text, /no R2 here[^]*wrangler deploy ended with 3; nothing else was changed/);
    assert.deepEqual(commands(stand), ["whoami", "deploy"]);
    assert.deepEqual(readdirSync(stand.dir).filter((name) => name.startsWith("hookvault-deploy-")), []);
  });

  it("a list of secrets that fails does not count as empty", async (context) => {
    const stand = stage(context, { fails: { "secret list": { code: 1, says: "no such Worker" } } });
    const { code, text } = await piped(stand, BOTH);
    assert.equal(code, 1);
    assert.match(text, /no such Worker[^]*its secrets could not be listed/);
    assert.deepEqual(commands(stand), ["whoami", "deploy", "secret list"]);
  });

  it("secrets that can't be set: the error does not show them, and the next run sets them", async (context) => {
    const stand = stage(context, { fails: { "secret bulk": { code: 1, says: "refused: ", echoes: true } } });
    const { code, text } = await piped(stand, BOTH);
    assert.equal(code, 1);
    assert.match(text, /refused: \{"HOOK_TOKEN":"\*\*\*","API_TOKEN":"\*\*\*"\}[^]*could not be set[^]*Run this again/);
    assert.ok(!text.includes(HOOK_TOKEN) && !text.includes(API_TOKEN));
    stand.play({});
    assert.equal((await piped(stand, BOTH)).code, 0);
    assert.deepEqual(stand.secrets(), BOTH);
  });

  it("ends with 2 when the doctor finds a failure", async (context) => {
    const vault = await startVault({ vars: { MAX_FILE_BYTES: "x" } });
    vault.expectErrors(/MAX_FILE_BYTES/);
    context.after(() => vault.stop());
    const { code, text } = await piped(stage(context, { targets: [vault.url] }, BOTH), { API_TOKEN });
    assert.equal(code, 2, text);
    assert.match(text, /✘ MAX_FILE_BYTES/);
  });

  it("--dry-run and --help are wrangler's own, and touch no secret", async (context) => {
    const stand = stage(context);
    for (const args of [["--dry-run", "--outdir", "dist"], ["--help"]]) {
      // The stand-in does not report what it deploys.
      stand.play({ fails: { deploy: { code: 0, says: "dry" } } });
      assert.equal((await piped(stand, BOTH, args)).code, 0);
      assert.deepEqual(stand.calls().at(-1).argv, ["deploy", ...args]);
    }
    assert.deepEqual(commands(stand), ["deploy", "deploy"]);
    assertUnseen(stand, HOOK_TOKEN, API_TOKEN);
  });
});

describe("on a terminal", () => {
  it("makes secrets, shows them once, waits until they work, and prints the whole webhook URL", async (context) => {
    const port = await freePort();
    const vault = await startVault({ vars: { HOOK_TOKEN: null, API_TOKEN: null }, change: (options) => ({ ...options, port }) });
    const stand = stage(context, { targets: [vault.url] });
    let restarted;
    const say = (text) => {
      if (/^\nSet: /.test(text)) restarted = vault.restart(stand.secrets());
    };
    const { code, asked, text } = await typed(stand, ["", ""], { say, patienceMs: 60_000 });
    await restarted;
    const made = stand.secrets();
    await vault.restart({ API_TOKEN });
    context.after(() => vault.stop());
    assert.equal(code, 0, text);
    assert.equal(asked.length, 2);
    for (const [name, value] of Object.entries(made)) {
      assert.match(value, /^[0-9a-f]{48}$/);
      assert.ok(isGood(name, value));
      assert.equal(text.split(`${name}=${value}`).length, 2, "shown once");
    }
    assert.notEqual(made.HOOK_TOKEN, made.API_TOKEN);
    assert.equal(text.split(made.API_TOKEN).length, 2);
    assert.match(text, new RegExp(`${vault.url}/hook/${made.HOOK_TOKEN}$`));
    assertUnseen(stand, made.HOOK_TOKEN, made.API_TOKEN);
    assert.match(text, /✔ served/);
  });

  it("accepts typed secrets, asks again if one is invalid, and does not show them", async (context) => {
    const stand = stage(context);
    const { code, asked, text } = await typed(stand, ["short", HOOK_TOKEN, API_TOKEN]);
    assert.equal(code, 0, text);
    assert.equal(asked.length, 3);
    assert.deepEqual(stand.secrets(), BOTH);
    assert.match(text, /It must be 16 to 128/);
    assert.ok(!text.includes(API_TOKEN) && !text.includes("short"));
  });

  it("prefers the environment, and then asks for nothing", async (context) => {
    const stand = stage(context);
    const { asked } = await typed(stand, [], { env: BOTH });
    assert.deepEqual(asked, []);
    assert.deepEqual(stand.secrets(), BOTH);
  });

  it("logs in first if nobody is logged in", async (context) => {
    const stand = stage(context, { loggedIn: false }, BOTH);
    await typed(stand, []);
    assert.deepEqual(commands(stand), ["whoami", "login", "deploy", "secret list"]);
  });

  it("again: asks only for the token to look with, which may be left out", async (context) => {
    const stand = stage(context, { targets: ["https://vault.invalid"] }, BOTH);
    const { code, asked, text } = await typed(stand, [""]);
    assert.equal(code, 0);
    assert.equal(asked.length, 1);
    assert.match(text, /API_TOKEN=… npm run doctor -- https:\/\/vault\.invalid/);
    assert.match(text, /https:\/\/vault\.invalid\/hook\/<HOOK_TOKEN>$/);
  });

  it("a Worker that never answers becomes a finding of the doctor", async (context) => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const stand = stage(context, { targets: [url] }, BOTH);
    const { code, text } = await typed(stand, [API_TOKEN], { patienceMs: 10 });
    assert.equal(code, 2);
    assert.match(text, /✘ reach/);
  });

  it("another Worker, another configuration: its secrets are that one's", async (context) => {
    const stand = stage(context, { name: "staging" }, {});
    await typed(stand, [], { env: BOTH, args: ["--env", "staging", "-c", "other.toml", "--config=x.toml"] });
    const argv = stand.calls().map((call) => call.argv.join(" "));
    assert.deepEqual(argv.slice(1), [
      "deploy --env staging -c other.toml --config=x.toml",
      "secret list --format json -c other.toml --config=x.toml --name staging",
      "secret bulk -c other.toml --config=x.toml --name staging",
    ]);
  });
});

describe("on a terminal of the system's", { skip: lacking("python3 with venv") }, () => {
  it("typed secrets are not shown, however quickly they come", async (context) => {
    const stand = stage(context);
    const script = join(ROOT, "tests/tools/support/typing.py");
    const env = { ...process.env, HOOKVAULT_WRANGLER: FAKE, FAKE_WRANGLER_DIR: stand.dir };
    for (const name of ["CI", "API_TOKEN", "HOOK_TOKEN"]) delete env[name];
    const { status, stdout, stderr } = spawnSync("python3",
      [script, "Enter makes one): ", JSON.stringify([HOOK_TOKEN, ""]), process.execPath, "tools/deploy.mjs"],
      { cwd: ROOT, env, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
    const { HOOK_TOKEN: hook, API_TOKEN: api } = stand.secrets();
    assert.equal(hook, HOOK_TOKEN);
    assert.ok(!stdout.includes(HOOK_TOKEN), stdout);
    assert.equal(stdout.split(api).length, 2, "what was made is shown once");
    assertUnseen(stand, HOOK_TOKEN, api);
  });
});

describe("the parts", () => {
  it("the URL of the deployed Worker", () => {
    const cases = [
      [["https://hookvault.you.workers.dev"], "https://hookvault.you.workers.dev"],
      [["vault.example (custom domain)", "schedule: * * * * *"], "https://vault.example"],
      [["vault.example (custom domain)", "https://a.workers.dev"], "https://a.workers.dev"],
      [["vault.example/*"], undefined],
      [[], undefined],
    ];
    for (const [targets, want] of cases) assert.equal(urlOf(targets), want, `${targets}`);
  });

  it("the flags that all calls share", () => {
    assert.deepEqual(shared(["--env", "x", "-c", "y", "--profile=z", "--outdir", "d"]), ["-c", "y", "--profile=z"]);
  });

  it("the rules for a token are the Worker's", () => {
    const cases = [
      ["HOOK_TOKEN", "0123456789abcdef", true], ["HOOK_TOKEN", "0123456789abcde", false],
      ["HOOK_TOKEN", `${"a".repeat(128)}`, true], ["HOOK_TOKEN", `${"a".repeat(129)}`, false],
      ["HOOK_TOKEN", "r_0123456789abcdef", false], ["HOOK_TOKEN", "0123456789abcde.", false],
      ["HOOK_TOKEN", "0123456789abcdef,another-0123456789", true], ["HOOK_TOKEN", "0123456789abcdef,short", false],
      ["API_TOKEN", "!0123456789abcde", true], ["API_TOKEN", "0123456789 abcdef", false],
      ["API_TOKEN", "0123456789abcdeü", false], ["API_TOKEN", "short", false],
    ];
    for (const [name, list, want] of cases) assert.equal(isGood(name, list), want, `${name} ${list}`);
  });
});
