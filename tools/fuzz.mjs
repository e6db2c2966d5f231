// `npm run fuzz`: runs the fuzz targets one after the other, 60 seconds each. `-- --seconds 600` sets the time of each,
// `-- discover` runs only that one. Findings are kept in fuzz/artifacts, useful inputs in fuzz/target/corpus.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { inRoot, TOOLS } from "./setup/project.mjs";
import { Failure, main, show } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

// Only the nightly compiler has the flags that show the fuzzer which code ran.
const TOOLCHAIN = "nightly";
const ALL = readdirSync(inRoot("fuzz", "fuzz_targets")).map((file) => file.replace(/\.rs$/, ""));

function asked() {
  const options = { seconds: { type: "string", default: "60" } };
  const { values, positionals } = readArgs({ options, allowPositionals: true });
  if (!/^[1-9]\d*$/.test(values.seconds)) {
    throw new Failure(`--seconds is "${values.seconds}", not a whole number from 1.`);
  }
  const unknown = positionals.find((name) => !ALL.includes(name));
  if (unknown) throw new Failure(`There is no target "${unknown}"; there are: ${ALL.join(", ")}.`);
  return { seconds: values.seconds, targets: positionals.length > 0 ? positionals : ALL };
}

function readArgs(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new Failure(error.message);
  }
}

function checkNightly() {
  const env = { ...process.env, RUSTUP_TOOLCHAIN: TOOLCHAIN, RUSTUP_AUTO_INSTALL: "0" };
  if (spawnSync("rustc", ["--version"], { env, stdio: "ignore" }).status !== 0) {
    throw new Failure(
      `Rust ${TOOLCHAIN} is missing, which fuzzing needs.\n` +
        `  rustup toolchain install ${TOOLCHAIN} --profile minimal`,
    );
  }
}

/** Runs a target, and resolves to whether it found nothing. */
async function run(target, seconds) {
  const grown = inRoot("fuzz", "target", "corpus", target);
  mkdirSync(grown, { recursive: true });
  // Uses no sanitizer: the code is safe Rust, and runs twice as fast without one. New inputs go to the first directory;
  // the second holds the seeds.
  const cargo = ["fuzz", "run", "--sanitizer", "none", target, grown];
  const seeds = inRoot("fuzz", "corpus", target);
  const fuzzer = [`-max_total_time=${seconds}`, "-timeout=10", "-print_final_stats=1"];
  const dictionary = `-dict=${inRoot("fuzz", `${target}.dict`)}`;
  const PATH = join(TOOLS, "bin") + delimiter + process.env.PATH;
  const env = { ...process.env, RUSTUP_TOOLCHAIN: TOOLCHAIN, PATH };
  return (await show("cargo", [...cargo, seeds, "--", dictionary, ...fuzzer], { env })) === 0;
}

await main(async () => {
  const { seconds, targets } = asked();
  await setup({ fuzz: true });
  checkNightly();
  const failed = [];
  for (const target of targets) {
    console.log(`Fuzzing ${target} for ${seconds} s …`);
    if (!(await run(target, seconds))) failed.push(target);
  }
  if (failed.length > 0) throw new Failure(`Found something: ${failed.join(", ")}`);
  console.log(`Nothing found: ${targets.join(", ")}`);
});
