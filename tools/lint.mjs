// `npm run lint`: formatting, clippy and documentation; every warning is an error.
import { toolchain } from "./setup/project.mjs";
import { main, must } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

const [wasm] = toolchain().targets;
// The documentation is for those who work on it: private items too, and links to them.
const RUSTDOCFLAGS = "-D warnings -A rustdoc::private-intra-doc-links";
// The shell around `src/domain` exists on the wasm target only, the tests on the host only.
const CHECKS = [
  ["fmt", "--check"],
  ["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"],
  ["fmt", "--check", "--manifest-path", "tools/bindgen/Cargo.toml"],
  ["clippy", "--all-targets", "--locked", "--", "-D", "warnings"],
  ["clippy", "--target", wasm, "--lib", "--locked", "--", "-D", "warnings"],
  ["doc", "--target", wasm, "--no-deps", "--document-private-items", "--locked"],
];

await main(async () => {
  await setup();
  for (const args of CHECKS) {
    console.log(`cargo ${args.join(" ")}`);
    await must("cargo", args, { env: { ...process.env, RUSTDOCFLAGS } });
  }
});
