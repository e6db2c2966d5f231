// Installs wasm-bindgen in exactly the crate's version: the published program where GitHub can be reached, else
// `tools/bindgen`, which does the part that the build needs.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toolPath, toolsEnv } from "./cargo-tools.mjs";
import { inRoot, lockedVersion } from "./project.mjs";
import { Failure, step } from "./run.mjs";

const VERSION = lockedVersion("wasm-bindgen");
const RELEASES = "https://github.com/wasm-bindgen/wasm-bindgen/releases/download";
const MACHINES = { arm64: "aarch64", x64: "x86_64" };
const SYSTEMS = { darwin: "apple-darwin", linux: "unknown-linux-musl" };
const ANSWER_MS = 3_000;
const DOWNLOAD_MS = 60_000;

export const wasmBindgen = {
  path: toolPath("wasm-bindgen"),

  ready: () => version(wasmBindgen.path) === VERSION,

  async install() {
    mkdirSync(dirname(wasmBindgen.path), { recursive: true });
    if (!process.env.HOOKVAULT_OFFLINE && (await download())) return;
    await compile();
  },
};

const version = (program) => spawnSync(program, ["--version"], { encoding: "utf8" }).stdout?.trim().split(" ")[1];

/** Downloads the published program, and resolves to whether that worked. */
export async function download(releases = RELEASES, to = wasmBindgen.path) {
  const name = `wasm-bindgen-${VERSION}-${MACHINES[process.arch]}-${SYSTEMS[process.platform]}`;
  const dir = mkdtempSync(`${to}-`);
  try {
    const archive = await fetched(`${releases}/${VERSION}/${name}.tar.gz`);
    writeFileSync(join(dir, "archive"), archive);
    spawnSync("tar", ["-xzf", join(dir, "archive"), "-C", dir]);
    const program = join(dir, name, "wasm-bindgen");
    if (version(program) !== VERSION) return false;
    renameSync(program, to);
    console.log(`Downloaded wasm-bindgen ${VERSION}.`);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

// Fails after `ANSWER_MS` without an answer, so that a machine without GitHub does not wait. The download itself may
// take longer.
async function fetched(url) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  const signal = AbortSignal.any([late.signal, AbortSignal.timeout(DOWNLOAD_MS)]);
  const answer = await fetch(url, { signal });
  clearTimeout(timer);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

async function compile() {
  const args = ["build", "--release", "--locked", "--manifest-path", inRoot("tools/bindgen/Cargo.toml")];
  const env = toolsEnv();
  await step(`Compiling wasm-bindgen ${VERSION} (about 1 min, once)`, "cargo", args, env);
  const program = join(env.CARGO_TARGET_DIR, "release", "wasm-bindgen");
  if (version(program) !== VERSION) throw new Failure(`tools/bindgen has another version than Cargo.lock's wasm-bindgen: set it to ${VERSION}.`);
  copyFileSync(program, `${wasmBindgen.path}.new`);
  renameSync(`${wasmBindgen.path}.new`, wasmBindgen.path);
}
