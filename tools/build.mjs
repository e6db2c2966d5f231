// Builds the Worker into build/: `npm run build`, and wrangler's [build] command.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { assemble } from "./build/assemble.mjs";
import { compile } from "./build/compile.mjs";
import { QUICK, RELEASE } from "./build/profiles.mjs";
import { isCurrent, stamped } from "./build/stamp.mjs";
import { isMain, main } from "./setup/run.mjs";
import { setup, setUpRust } from "./setup.mjs";

/**
 * Sets up what is missing, and builds the dashboard, and the Worker unless the last build's inputs and outputs
 * are all unchanged.
 *
 * @param {{ quick?: boolean, s3?: boolean }} wanted `quick`: in as little time as it takes, to be run on this
 *   machine; the rest is for `setup`
 * @returns {Promise<{ script: string, wasm: string }>} where the Worker is
 */
export async function build({ quick = false, ...wanted } = {}) {
  const profile = quick && !isCurrent(RELEASE) ? QUICK : RELEASE;
  await setUpRust();
  if (isCurrent(profile)) await setup(wanted);
  else await stamped(profile, () => buildWorker(profile, wanted));
  const { buildDashboard } = await import("./build/dashboard.mjs");
  await buildDashboard();
  return profile;
}

// Most of the first build's time goes to cargo, and cargo needs none of the other tools.
async function buildWorker(profile, wanted) {
  await Promise.all([setup(wanted), compile(profile)]);
  await assemble(profile);
}

/** `{ raw, gzip }`: the bytes of the Worker's wasm. */
export function wasmSize() {
  const wasm = readFileSync(RELEASE.wasm);
  return { raw: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length };
}

async function report() {
  const { dashboardSize } = await import("./build/dashboard.mjs");
  for (const [what, { raw, gzip }] of [["index_bg.wasm", wasmSize()], ["assets", dashboardSize()]]) {
    console.log(`build/${what}: ${raw} bytes, gzip ${gzip} bytes`);
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await build();
    await report();
  });
}
