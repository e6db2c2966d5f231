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
 * Installs what is missing, then builds the dashboard and the Worker. The Worker is skipped if no input or output of
 * its last build has changed.
 *
 * @param {{ quick?: boolean, s3?: boolean }} wanted `quick` builds as fast as possible, to run on this machine; the
 *   rest goes to `setup`
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

// Compiles while the other tools are installed: cargo takes most of a first build, and needs none of them.
async function buildWorker(profile, wanted) {
  await Promise.all([setup(wanted), compile(profile)]);
  await assemble(profile);
}

/** Returns `{ raw, gzip }`: the size of the Worker's wasm in bytes. */
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
