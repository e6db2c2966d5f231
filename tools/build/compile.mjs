// Compiles Rust to wasm.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { ROOT, toolchain } from "../setup/project.mjs";
import { step } from "../setup/run.mjs";

/**
 * Enables SIMD, so that the search for a quote, which passes every byte of a large body, reads 16 bytes at a time.
 * workerd has supported it for years.
 */
const VECTORS = ["-C", "target-feature=+simd128"];

export async function compile({ name, duration }) {
  const [target] = toolchain().targets;
  const args = ["build", "--lib", "--profile", name, "--target", target, "--locked",
    "--config", `target.${target}.rustflags=${JSON.stringify([...VECTORS, ...withoutPaths()])}`];
  const env = {
    ...process.env,
    // Makes wasm-bindgen's macro use the promises of `js-sys`, as the `worker` crate is meant to be built.
    WASM_BINDGEN_USE_JS_SYS: "1",
    CARGO_TERM_COLOR: process.env.CARGO_TERM_COLOR ?? (process.stderr.isTTY ? "always" : "auto"),
  };
  await step(`Compiling the Worker (${duration} the first time)`, "cargo", args, env);
}

/**
 * Removes this machine's folders of crates and of the standard library from the paths in the module, so that every
 * machine builds the same bytes.
 */
function withoutPaths() {
  const ask = (program, ...args) => execFileSync(program, args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  const { packages } = JSON.parse(ask("cargo", "metadata", "--format-version", "1", "--locked"));
  const fetched = packages.filter(({ source }) => source !== null);
  const folders = new Set(fetched.map((crate) => dirname(dirname(crate.manifest_path))));
  const library = join(ask("rustc", "--print", "sysroot").trim(), "lib", "rustlib", "src", "rust");
  return [...folders, library].map((folder) => `--remap-path-prefix=${folder}=`);
}
