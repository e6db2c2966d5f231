// What is in the package: all that the commands import, and nothing else.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { inRoot } from "../../../tools/setup/project.mjs";
import { packed } from "./installed.mjs";

/** The most bytes of the packed file: what a user downloads beside the runtime. */
const MOST_BYTES = 1_500_000;
const IMPORT = /(?:\bfrom\s+|\bimport\s*\(?\s*|\bnew URL\(\s*)["']([^"']+)["']/g;
const manifest = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));

/** Returns `{ files, packages }`: what these modules import, directly or through others. */
function imported(modules) {
  const [files, packages] = [new Set(), new Set()];
  const visit = (path) => {
    if (files.has(path)) return;
    files.add(path);
    if (!/\.m?js$/.test(path)) return;
    for (const [, name] of readFileSync(inRoot(path), "utf8").matchAll(IMPORT)) {
      if (/^\.\.?\/.*\.m?js$/.test(name)) visit(join(dirname(path), name));
      else if (/^host\.mjs$/.test(name)) visit(join(dirname(path), name));
      else if (/^[@a-z][\w@/-]*$/.test(name) && !builtinModules.includes(name)) packages.add(name);
    }
  };
  modules.forEach(visit);
  return { files, packages };
}

const below = (folder) => readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(inRoot("").length));

describe("the package", () => {
  let paths, size;
  const wanted = imported([...below("cli"), ...below("client")]);
  before(() => {
    const described = packed(tmpdir(), "--dry-run");
    size = described.size;
    paths = described.files.map(({ path }) => path);
  });

  it("has every module that a command imports, and no other tool", () => {
    assert.ok(wanted.files.has("tools/start/host.mjs") && wanted.files.size > 60, "the imports are read");
    assert.deepEqual([...wanted.files].filter((path) => !paths.includes(path)), []);
    const code = paths.filter((path) => path.startsWith("tools/") && !/^tools\/simulator\/(?:media|senders)\//.test(path));
    assert.deepEqual(code.filter((path) => !wanted.files.has(path)), []);
  });

  it("has the built Worker, its assets, its description and its configuration", () => {
    const built = [...below("build/assets"), "build/index.js", "build/index_bg.wasm", "openapi.json", "wrangler.toml", "LICENSE", "README.md"];
    assert.deepEqual(built.filter((path) => !paths.includes(path)), []);
    const data = ["media", "senders"].flatMap((name) => below(`tools/simulator/${name}`)).filter((path) => !path.endsWith(".sh"));
    assert.deepEqual(data.filter((path) => !paths.includes(path)), []);
  });

  it("has no test, source, secret, map, or path of this machine", () => {
    const foreign = /(^|\/)(tests|src|docs|node_modules|target|\.[^/]+)\/|\.(rs|jsx|lock|map|test\.mjs|sh)$|(^|\/)\.|package-lock/;
    assert.deepEqual(paths.filter((path) => foreign.test(path)), []);
    // rustup, cargo and npm keep their files in hidden folders of the home.
    const local = [`${homedir()}/.`, inRoot("")];
    assert.deepEqual(paths.filter((path) => local.some((folder) => readFileSync(inRoot(path)).includes(folder))), []);
  });

  it("is small, and depends on what the commands import", () => {
    assert.ok(size < MOST_BYTES, `${size} bytes`);
    const optional = Object.keys(manifest.peerDependencies);
    assert.deepEqual([...wanted.packages].filter((name) => !optional.includes(name)).sort(), Object.keys(manifest.dependencies).sort());
    for (const version of Object.values(manifest.dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
  });

  it("runs no script of its own when it is installed, and asks for the Node that its runtime needs", () => {
    const { scripts, engines } = manifest;
    for (const name of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(scripts[name], undefined, name);
    const dependencies = Object.keys(manifest.dependencies).map((name) => JSON.parse(readFileSync(inRoot("node_modules", name, "package.json"), "utf8")));
    const withScripts = dependencies.filter(({ scripts: own = {} }) => own.preinstall || own.install || own.postinstall).map(({ name }) => name);
    assert.deepEqual(withScripts, []);
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node).map(Number);
    for (const { name, engines: own } of dependencies.filter((one) => one.engines)) {
      const [, needed, least = 0] = /^>=(\d+)(?:\.(\d+))?/.exec(own.node).map(Number);
      assert.ok(major > needed || (major === needed && minor >= (least || 0)), `${name} needs ${own.node}`);
    }
    assert.match(readFileSync(inRoot("cli/hookvault.mjs"), "utf8"), new RegExp(`NEEDED = \\[${major}, ${minor}\\]`));
  });
});
