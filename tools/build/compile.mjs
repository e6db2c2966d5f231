// Rust to wasm.
import { toolchain } from "../setup/project.mjs";
import { step } from "../setup/run.mjs";

export async function compile({ name, duration }) {
  const [target] = toolchain().targets;
  const args = ["build", "--lib", "--profile", name, "--target", target, "--locked"];
  const env = {
    ...process.env,
    // Has wasm-bindgen's macro use the promises of `js-sys`, as the `worker` crate is meant to be built.
    WASM_BINDGEN_USE_JS_SYS: "1",
    CARGO_TERM_COLOR: process.env.CARGO_TERM_COLOR ?? (process.stderr.isTTY ? "always" : "auto"),
  };
  await step(`Compiling the Worker (${duration} the first time)`, "cargo", args, env);
}
