// `npm test`: runs the Rust tests, then the tests against the built Worker. The name of a folder or a file selects test
// files; any other word selects paths that contain it (`test/choice.mjs`). Then the Rust tests are left out. `--quick`
// selects some; node's runner gets all other flags: `npm test -- files --test-only`.
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { inRoot, NODE, toolEnv } from "./setup/project.mjs";
import { Failure, main, must, show } from "./setup/run.mjs";
import { setup } from "./setup.mjs";
import { serveBrowser } from "./test/browser.mjs";
import { QUICK, selected } from "./test/choice.mjs";

/** Runs more files than cores, because tests mostly wait. */
const FILES_PER_CORE = 2;

const given = process.argv.slice(2);
const quick = given.includes("--quick");
const flags = given.filter((argument) => argument.startsWith("-") && argument !== "--quick");
const parts = given.filter((argument) => !argument.startsWith("-"));

function testFiles() {
  const all = existsSync(inRoot("tests")) ? readdirSync(inRoot("tests"), { recursive: true }) : [];
  const paths = all.map((path) => join("tests", path)).filter((path) => path.endsWith(".test.mjs"));
  const chosen = selected(paths, parts).filter((path) => !quick || QUICK.includes(path));
  // Without any path, node would search for tests itself, and take this file for one.
  if (chosen.length === 0) throw new Failure(`No tests/**/*.test.mjs matches "${parts}".`);
  return chosen;
}

/** Runs the files, and resolves to the runner's exit code, or 1 if anything failed. */
async function run(files) {
  const reporters = [process.stdout.isTTY ? "spec" : "./tools/test/short.mjs", "./tools/test/exit.mjs"];
  const report = reporters.flatMap((name) => [`--test-reporter=${name}`, "--test-reporter-destination=stdout"]);
  const args = ["--test", `--test-concurrency=${availableParallelism() * FILES_PER_CORE}`, ...report, ...flags, ...files];
  const browser = files.some((path) => path.includes("dashboard")) ? await serveBrowser() : undefined;
  const env = toolEnv({
    // Caches compiled modules: each file has its own process, and most load miniflare.
    NODE_COMPILE_CACHE: inRoot("build", ".node-cache"),
    NODE_OPTIONS: [process.env.NODE_OPTIONS, "--disable-warning=ExperimentalWarning"].join(" "),
    HOOKVAULT_TEST_BROWSER: browser?.url,
  });
  try {
    // Does not use `must`, so that the runner's summary is the last output.
    return await show(NODE, args, { env });
  } finally {
    await browser?.stop();
  }
}

await main(async () => {
  const files = testFiles();
  await setup({ s3: true });
  if (parts.length === 0) await must("cargo", ["test", "--locked", "--quiet", ...(quick ? ["--lib"] : [])]);
  await build();
  process.exitCode = await run(files);
});
