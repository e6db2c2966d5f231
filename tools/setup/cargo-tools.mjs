// The programs that cargo compiles into .tools/bin.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { toolchain, TOOLS } from "./project.mjs";
import { step } from "./run.mjs";

const TARGET_DIR = join(TOOLS, "target");

export const toolPath = (name) => join(TOOLS, "bin", name);

/** The local S3 server, which really lets presigned URLs expire. */
export const s3Server = cargoTool("s3s-fs", "0.14.1", "a minute or two, once", [
  "--features",
  "binary",
]);

/** Builds and runs the fuzz targets. */
export const cargoFuzz = cargoTool("cargo-fuzz", "0.13.2", "about 1 min, once");

/** Deletes what was needed only to compile the tools. */
export const dropLeftovers = () => rmSync(TARGET_DIR, { recursive: true, force: true });

function cargoTool(crate, version, duration, flags = []) {
  const args = ["install", crate, "--version", `=${version}`, "--locked", "--force", ...flags];
  const title = `Compiling ${crate} ${version} (${duration})`;
  return {
    ready: () => installed().includes(`"${crate} ${version} (`),
    // --force: an interrupted installation may have left a program that cargo does not know.
    install: () => step(title, "cargo", [...args, "--root", TOOLS], compileEnv()),
  };
}

// Reads cargo's own list of what it installed below --root. Cargo writes it last.
function installed() {
  const list = join(TOOLS, ".crates.toml");
  return existsSync(list) ? readFileSync(list, "utf8") : "";
}

/** Returns an environment with one target directory: the tools share dependencies, and an interrupted step resumes. */
export function toolsEnv() {
  return {
    ...process.env,
    RUSTUP_TOOLCHAIN: process.env.RUSTUP_TOOLCHAIN ?? toolchain().channel,
    CARGO_BUILD_TARGET: undefined,
    CARGO_TARGET_DIR: TARGET_DIR,
  };
}

// Compiles with light optimisation: it takes two thirds of the time, and the programs are not noticeably slower.
function compileEnv() {
  return {
    ...toolsEnv(),
    CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
    CARGO_PROFILE_RELEASE_LTO: "off",
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
  };
}
