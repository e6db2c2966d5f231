// `npm test`: the Rust tests, then the tests against the built Worker. An argument selects test
// files by a part of their path, a flag is for node's runner: `npm test -- files --test-only`.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { inRoot, NODE, toolEnv } from "./setup/project.mjs";
import { Failure, main, must, show } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

const given = process.argv.slice(2);
const flags = given.filter((argument) => argument.startsWith("-"));
const parts = given.filter((argument) => !argument.startsWith("-"));

function testFiles() {
  const all = existsSync(inRoot("tests")) ? readdirSync(inRoot("tests"), { recursive: true }) : [];
  const chosen = all
    .map((path) => join("tests", path))
    .filter((path) => path.endsWith(".test.mjs"))
    .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)));
  // Without any, node would look for tests by itself, and take this file for one.
  if (chosen.length === 0) throw new Failure(`No tests/**/*.test.mjs matches "${parts}".`);
  return chosen.sort();
}

/**
 * The runner's exit code, or 1 if anything has failed. The runner by itself passes over what fails
 * when a suite ends, and that is where tests look for what they have left.
 */
async function run(files) {
  const folder = mkdtempSync(join(tmpdir(), "hookvault-test-"));
  const told = join(folder, "told.tap");
  const shown = process.stdout.isTTY ? "spec" : "tap";
  const report = [["stdout", shown], [told, "tap"]].flatMap(([where, how]) =>
    [`--test-reporter=${how}`, `--test-reporter-destination=${where}`]);
  // Not `must`: the runner's summary is to be the last that is said.
  const code = await show(NODE, ["--test", ...report, ...flags, ...files], { env: toolEnv() });
  const failed = /^ *not ok (?!.*# (TODO|SKIP))/m.test(readFileSync(told, "utf8"));
  rmSync(folder, { recursive: true });
  return code || Number(failed);
}

await main(async () => {
  const files = testFiles();
  await setup({ s3: true });
  await must("cargo", ["test", "--locked", "--quiet"]);
  await build();
  process.exitCode = await run(files);
});
