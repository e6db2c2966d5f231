// Programs that cargo compiles into .tools/bin.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockedVersion, toolchain, TOOLS } from "./project.mjs";
import { step } from "./run.mjs";

const TARGET_DIR = join(TOOLS, "target");
const USES_GITHUB = join(TOOLS, "uses-github");
const PROBE_MS = 3_000;

export const toolPath = (name) => join(TOOLS, "bin", name);

/** Builds the Worker; its version is that of the `worker` crate it goes with. */
export const workerBuild = cargoTool("worker-build", lockedVersion("worker"), "about 2 min, once");

/** The local S3 server, which really expires presigned URLs. */
export const s3Server = cargoTool("s3s-fs", "0.14.1", "about 1 min, once", [
  "--features",
  "binary",
]);

/** Builds and runs the fuzz targets. */
export const cargoFuzz = cargoTool("cargo-fuzz", "0.13.2", "about 1 min, once");

const bindgenVersion = lockedVersion("wasm-bindgen");
const bindgen = cargoTool("wasm-bindgen-cli", bindgenVersion, "about 1 min, once");

/** worker-build downloads wasm-bindgen from GitHub by itself; without GitHub cargo compiles it. */
export const wasmBindgen = {
  ready: () => bindgen.ready() || (existsSync(USES_GITHUB) && !offline()),

  async install() {
    if (!offline() && (await githubAnswers())) writeFileSync(USES_GITHUB, "");
    else await bindgen.install();
  },

  /** The compiled program, if worker-build shall not download one. */
  path: () => (bindgen.ready() ? toolPath("wasm-bindgen") : undefined),
};

/** What is only needed to compile the tools. */
export const dropLeftovers = () => rmSync(TARGET_DIR, { recursive: true, force: true });

// Also set by the build, when GitHub answered the probe but not the download.
const offline = () => Boolean(process.env.HOOKVAULT_OFFLINE);

function cargoTool(crate, version, duration, flags = []) {
  const args = ["install", crate, "--version", `=${version}`, "--locked", "--force", ...flags];
  const title = `Compiling ${crate} ${version} (${duration})`;
  return {
    ready: () => installed().includes(`"${crate} ${version} (`),
    // --force: an interrupted installation may have left a program that cargo knows nothing of.
    install: () => step(title, "cargo", [...args, "--root", TOOLS], compileEnv()),
  };
}

// cargo's own list of what it has installed below --root, written last.
function installed() {
  const list = join(TOOLS, ".crates.toml");
  return existsSync(list) ? readFileSync(list, "utf8") : "";
}

// One target directory: the tools share dependencies, and an interrupted step resumes. Light
// optimisation compiles in two thirds of the time and costs the programs nothing one notices.
function compileEnv() {
  return {
    ...process.env,
    RUSTUP_TOOLCHAIN: process.env.RUSTUP_TOOLCHAIN ?? toolchain().channel,
    CARGO_BUILD_TARGET: undefined,
    CARGO_TARGET_DIR: TARGET_DIR,
    CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
    CARGO_PROFILE_RELEASE_LTO: "off",
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
  };
}

// Asks for a real release, because its bytes come from another host than the pages.
async function githubAnswers() {
  const base = "https://github.com/wasm-bindgen/wasm-bindgen/releases/download";
  const name = `wasm-bindgen-${bindgenVersion}-x86_64-unknown-linux-musl.tar.gz`;
  const probe = { method: "HEAD", signal: AbortSignal.timeout(PROBE_MS) };
  const answer = await fetch(`${base}/${bindgenVersion}/${name}`, probe).catch(() => undefined);
  return answer?.ok ?? false;
}
