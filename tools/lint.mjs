// `npm run lint`: checks texts, openapi.json, formatting, clippy and documentation. Every warning is an error.
import { openapiTools } from "./setup/openapi.mjs";
import { inRoot, toolchain, toolEnv } from "./setup/project.mjs";
import { main, must } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

const [wasm] = toolchain().targets;
// Documents private items too, and links to them, because developers read it.
const RUSTDOCFLAGS = "-D warnings -A rustdoc::private-intra-doc-links";
// Checks both targets: `src/edge` exists on the wasm target only, the tests on the host only.
const CHECKS = [
  ["fmt", "--check"],
  ["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"],
  ["fmt", "--check", "--manifest-path", "tools/bindgen/Cargo.toml"],
  ["clippy", "--all-targets", "--locked", "--", "-D", "warnings"],
  ["clippy", "--target", wasm, "--lib", "--locked", "--", "-D", "warnings"],
  ["doc", "--target", wasm, "--no-deps", "--document-private-items", "--locked"],
];

/** Stops the linter from sending telemetry and looking for updates. */
const ALONE = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };

async function lintDescription() {
  await openapiTools.ensure();
  const args = ["lint", "openapi.json", "--config", "tests/openapi/redocly.yaml", "--format", "stylish"];
  await must(openapiTools.program("redocly"), args, { env: toolEnv(ALONE) });
}

await main(async () => {
  await setup();
  await must(process.execPath, [inRoot("tools/lint/prose.mjs")]);
  await lintDescription();
  for (const args of CHECKS) {
    console.log(`cargo ${args.join(" ")}`);
    await must("cargo", args, { env: { ...process.env, RUSTDOCFLAGS } });
  }
});
