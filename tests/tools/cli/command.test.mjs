// How messages name the command that the user ran.
import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandFor, localTokens, ownCommand } from "../../../tools/setup/command.mjs";
import { inRoot } from "../../../tools/setup/project.mjs";
import { folder } from "./support.mjs";

/** Makes a folder with an installed package, as far as its name counts. */
function installed(t, description) {
  const dir = realpathSync(folder(t));
  const root = join(dir, "node_modules", "hookvault");
  mkdirSync(join(root, "cli"), { recursive: true });
  writeFileSync(join(root, "cli", "hookvault.mjs"), "");
  writeFileSync(join(dir, "package.json"), JSON.stringify(description ?? {}));
  return { dir, root };
}

test("npx of a file is repeated with the file's path from here", (t) => {
  const { dir, root } = installed(t, { dependencies: { hookvault: "file:work/hookvault-0.1.0.tgz" }, _npx: { packages: ["./hookvault-0.1.0.tgz"] } });
  assert.equal(ownCommand({ root, cwd: join(dir, "work"), env: {} }), "npx ./hookvault-0.1.0.tgz");
  assert.equal(ownCommand({ root, cwd: join(dir, "work"), env: { npm_config_yes: "true" } }), "npx --yes ./hookvault-0.1.0.tgz");
  assert.equal(ownCommand({ root, cwd: join(dir, "elsewhere"), env: {} }), `npx ${join(dir, "work/hookvault-0.1.0.tgz")}`);
});

test("npx of a name is repeated as it was asked", (t) => {
  const { root } = installed(t, { dependencies: { hookvault: "^0.1.0" }, _npx: { packages: ["hookvault@0.1.0"] } });
  assert.equal(ownCommand({ root, cwd: "/", env: {} }), "npx hookvault@0.1.0");
});

test("a global installation is a command, a project's own one needs npx, any other a path", (t) => {
  const { dir, root } = installed(t);
  const bin = join(dir, "bin");
  mkdirSync(bin);
  symlinkSync(join(root, "cli", "hookvault.mjs"), join(bin, "hookvault"));
  assert.equal(ownCommand({ root, cwd: "/", env: { PATH: `/nowhere:${bin}` } }), "hookvault");
  assert.equal(ownCommand({ root, cwd: join(dir, "src"), env: { PATH: join(dir, "node_modules", ".bin") } }), "npx hookvault");
  assert.equal(ownCommand({ root, cwd: inRoot("docs"), env: {} }), `node ${join(root, "cli", "hookvault.mjs")}`);
  assert.equal(ownCommand({ root: inRoot(), cwd: inRoot("docs"), env: {} }), `node ${inRoot("cli/hookvault.mjs")}`);
});

test("an npm script of the source is named as a script", () => {
  assert.equal(commandFor("doctor", { script: inRoot("tools/doctor.mjs") }), "npm run doctor --");
  assert.equal(localTokens({ script: inRoot("tools/doctor.mjs") }), ".dev.vars");
  const place = { script: inRoot("cli/hookvault.mjs"), cwd: inRoot(), env: {} };
  assert.equal(commandFor("start", place), "node ./cli/hookvault.mjs start");
  assert.equal(localTokens(place), ".hookvault/config.json");
});
