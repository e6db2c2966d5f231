// Brings a fresh machine to where the project builds and runs. Every command calls this first;
// with nothing missing it costs a few tens of milliseconds.
import { wasmBindgen } from "./setup/bindgen.mjs";
import { cargoFuzz, dropLeftovers, s3Server } from "./setup/cargo-tools.mjs";
import { withLock } from "./setup/lock.mjs";
import { npmPackages } from "./setup/npm.mjs";
import { checkPrerequisites } from "./setup/prerequisites.mjs";
import { isMain, main } from "./setup/run.mjs";
import { rustToolchain } from "./setup/rust.mjs";

/**
 * Installs what is missing; `s3` adds the real S3 server, which tests need, and `fuzz` what only
 * fuzzing does.
 */
export async function setup({ s3 = false, fuzz = false } = {}) {
  await setUpRust();
  // The S3 client's warning about the Node of a first run; later ones use that of node_modules.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const compiled = [wasmBindgen, ...(s3 ? [s3Server] : []), ...(fuzz ? [cargoFuzz] : [])];
  await install([npmPackages], compiled);
}

/** What cargo needs, and nothing else. */
export async function setUpRust() {
  checkPrerequisites();
  await install([rustToolchain]);
}

// The rows are installed side by side, the steps of each one after the other.
async function install(...rows) {
  if (rows.flat().every((step) => step.ready())) return;
  await withLock(async () => {
    await Promise.all(rows.map(installRow));
    dropLeftovers();
  });
}

// Asked again under the lock: another set-up may have done the work meanwhile.
async function installRow(steps) {
  for (const step of steps) {
    if (!step.ready()) await step.install();
  }
}

if (isMain(import.meta.url)) await main(() => setup({ s3: true }));
