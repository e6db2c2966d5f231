// Installs what the project needs to build and run. Every command calls this first; with nothing missing it takes a few
// tens of milliseconds.
import { wasmBindgen } from "./setup/bindgen.mjs";
import { cargoFuzz, dropLeftovers, s3Server } from "./setup/cargo-tools.mjs";
import { withLock } from "./setup/lock.mjs";
import { npmPackages } from "./setup/npm.mjs";
import { checkPrerequisites } from "./setup/prerequisites.mjs";
import { isMain, main } from "./setup/run.mjs";
import { rustToolchain } from "./setup/rust.mjs";

/** Installs what is missing. `s3` adds the real S3 server, which tests need; `fuzz` adds what only fuzzing needs. */
export async function setup({ s3 = false, fuzz = false } = {}) {
  await setUpRust();
  const compiled = [wasmBindgen, ...(s3 ? [s3Server] : []), ...(fuzz ? [cargoFuzz] : [])];
  await install([npmPackages], compiled);
}

/** Installs only what cargo needs. */
export async function setUpRust() {
  checkPrerequisites();
  await install([rustToolchain]);
}

// Installs the rows side by side, and the steps of one row one after the other.
async function install(...rows) {
  if (rows.flat().every((step) => step.ready())) return;
  await withLock(async () => {
    await Promise.all(rows.map(installRow));
    dropLeftovers();
  });
}

// Checks each step again under the lock, because another set-up may have done its work meanwhile.
async function installRow(steps) {
  for (const step of steps) {
    if (!step.ready()) await step.install();
  }
}

if (isMain(import.meta.url)) await main(() => setup({ s3: true }));
