// The folder of `npm run release`: it deploys without Rust.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { unstable_readConfig as readConfig } from "wrangler";
import { configuration } from "../../../tools/release/contents.mjs";
import { filesIn, makeFolder } from "../../../tools/release/folder.mjs";
import { pruned } from "../../../tools/release/lock.mjs";
import { inRoot, NODE } from "../../../tools/setup/project.mjs";
import { dryRun } from "../support/wrangler.mjs";

describe("the folder", () => {
  let dir, folder;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "hookvault-release-"));
    folder = join(dir, "release");
    // It replaces a former one.
    makeFolder(folder, "");
    makeFolder(folder, "somebody/hookvault");
  });
  after(() => rmSync(dir, { recursive: true }));

  const read = (name) => readFileSync(join(folder, name), "utf8");

  it("has the built Worker, its assets, and no source", () => {
    const files = filesIn(folder);
    const assets = filesIn(inRoot("build/assets")).map((path) => `build/assets/${path}`);
    assert.deepEqual(files, [".dev.vars.example", ".gitignore", "LICENSE", "README.md", ...assets, "build/index.js",
      "build/index_bg.wasm", "openapi.json", "package-lock.json", "package.json", "wrangler.toml"].sort());
    for (const name of ["build/index.js", "build/index_bg.wasm", "build/assets/index.html", "openapi.json"]) {
      assert.deepEqual(readFileSync(join(folder, name)), readFileSync(inRoot(name)), name);
    }
  });

  it("is bundled by wrangler with no cargo on PATH, no network and no warning, with all bindings", async () => {
    const bin = join(dir, "bin");
    mkdirSync(bin);
    symlinkSync(NODE, join(bin, "node"));
    assert.equal(spawnSync("cargo", ["--version"], { env: { PATH: bin } }).error?.code, "ENOENT");
    const { code, text } = await dryRun(folder, { env: { PATH: bin } });
    assert.equal(code, 0, text);
    for (const name of ["JOBS", "CATALOG", "FILES", "RECORDS"]) assert.match(text, new RegExp(`env\\.${name}\\b`));
    assert.match(text, /--dry-run: exiting now\./);
    assert.doesNotMatch(text, /warn|custom build/i);
  });

  it("has the same configuration as the source, without its build", () => {
    const [ours, source] = [join(folder, "wrangler.toml"), inRoot("wrangler.toml")].map((config) => readConfig({ config }));
    const { build: _, configPath: _1, userConfigPath: _2, main, ...rest } = ours;
    const { build, configPath: _3, userConfigPath: _4, main: from, ...wanted } = source;
    assert.match(build.command, /build\.mjs/);
    assert.deepEqual([main, from], [join(folder, "build/index.js"), inRoot("build/index.js")]);
    assert.deepEqual(rest, wanted);
    assert.doesNotMatch(read("wrangler.toml"), /\[build\]|watch_dir/);
  });

  it("depends on wrangler alone, in the tested version, and its lock is complete", () => {
    const project = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
    const { dependencies, devDependencies, scripts, cloudflare } = JSON.parse(read("package.json"));
    assert.deepEqual({ dependencies, devDependencies }, { dependencies: undefined, devDependencies: { wrangler: project.dependencies.wrangler } });
    assert.deepEqual(scripts, { deploy: "wrangler deploy" });
    assert.deepEqual(cloudflare, project.cloudflare);
    const { packages } = JSON.parse(read("package-lock.json"));
    assert.ok(packages["node_modules/workerd"] && !packages["node_modules/preact"]);
    const { status, stdout, stderr } = spawnSync("npm", ["ci", "--dry-run", "--offline", "--ignore-scripts", "--no-audit"], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });

  it("shows a button for its own repository, and says that no account was tried", () => {
    const text = read("README.md");
    assert.match(text, /\?url=https:\/\/github\.com\/somebody\/hookvault\/tree\/release\)/);
    assert.match(text, /never against a Cloudflare account/);
    makeFolder(join(dir, "plain"), "");
    assert.doesNotMatch(readFileSync(join(dir, "plain", "README.md"), "utf8"), /github|button|undefined/);
  });
});

describe("the parts", () => {
  it("a configuration without a build is an error, and not silently copied", () => {
    assert.equal(configuration('name = "a"\n\n[build]\ncommand = "x"\nwatch_dir = ["y"]\n\n# Of it.\n[assets]\n'), 'name = "a"\n\n# Of it.\n[assets]\n');
    assert.throws(() => configuration('name = "a"\n'), /no \[build\]/);
  });

  it("a lock keeps the nearest version of what is needed, and nothing else", () => {
    const at = (version, more = {}) => ({ version, ...more });
    const lock = { lockfileVersion: 3, packages: {
      "": {}, "node_modules/a": at("1.0.0", { dependencies: { b: "2" }, optionalDependencies: { c: "1", gone: "1" } }),
      "node_modules/a/node_modules/b": at("2.0.0", { dependencies: { "@s/d": "1" } }),
      "node_modules/b": at("1.0.0"), "node_modules/c": at("1.0.0"), "node_modules/@s/d": at("1.0.0", { dependencies: { a: "1" } }),
      "node_modules/other": at("1.0.0"),
    } };
    const { packages } = pruned(lock, { name: "x", version: "1.2.3", devDependencies: { a: "1.0.0" } });
    assert.deepEqual(Object.keys(packages), ["", "node_modules/@s/d", "node_modules/a", "node_modules/a/node_modules/b", "node_modules/c"]);
  });
});
