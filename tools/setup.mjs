// Brings a fresh machine to where the project builds and runs. Every command calls this first;
// with nothing missing it costs a few tens of milliseconds.
import {
  cargoFuzz,
  dropLeftovers,
  s3Server,
  wasmBindgen,
  workerBuild,
} from "./setup/cargo-tools.mjs";
import { withLock } from "./setup/lock.mjs";
import { npmPackages } from "./setup/npm.mjs";
import { checkPrerequisites } from "./setup/prerequisites.mjs";
import { isMain, main } from "./setup/run.mjs";
import { rustToolchain } from "./setup/rust.mjs";

const TO_BUILD = [npmPackages, rustToolchain, workerBuild, wasmBindgen];

/**
 * Installs what is missing; `s3` adds the local S3 server, which only a local run needs, and
 * `fuzz` what only fuzzing does.
 */
export async function setup({ s3 = false, fuzz = false } = {}) {
  checkPrerequisites();
  // The S3 client's warning about the Node of a first run; later ones use that of node_modules.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const steps = [...TO_BUILD, ...(s3 ? [s3Server] : []), ...(fuzz ? [cargoFuzz] : [])];
  if (steps.every((step) => step.ready())) return;
  await withLock(() => install(steps));
}

// Asked again under the lock: another set-up may have done the work meanwhile.
async function install(steps) {
  for (const step of steps) {
    if (!step.ready()) await step.install();
  }
  dropLeftovers();
}

if (isMain(import.meta.url)) await main(() => setup({ s3: true }));
