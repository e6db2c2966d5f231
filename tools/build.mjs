// Builds the Worker into build/: `npm run build`, and wrangler's [build] command.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { toolPath, wasmBindgen } from "./setup/cargo-tools.mjs";
import { inRoot, NODE_BIN, ROOT, toolEnv } from "./setup/project.mjs";
import { collect, exitOf, Failure, isMain, main, must } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

const WASM = inRoot("build", "index_bg.wasm");
const OUTPUTS = [WASM, inRoot("build", "index.js")];
/** What is put at the end of the second. */
const OBJECTS = inRoot("src/edge/objects.js");
const STAMP = inRoot("build", ".stamp");
/** What rustc and wasm-bindgen make use of, so that nothing newer gets in than the runtime knows. */
const WASM_FEATURES = ["mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory",
  "multivalue", "reference-types", "exception-handling"];
const TARGET = process.env.CARGO_TARGET_DIR ?? inRoot("target");
const DEP_INFO = join(TARGET, "wasm32-unknown-unknown", "release", "hookvault.d");
const SETTINGS = [
  ...["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "package-lock.json"],
  ...["tools/build.mjs", "tools/setup/cargo-tools.mjs", "src/edge/objects.js"],
].map((path) => inRoot(path));

/** Builds the Worker, unless the last build's inputs and outputs are all unchanged, and the dashboard. */
export async function build() {
  await buildWorker();
  const { buildDashboard } = await import("./dashboard.mjs");
  await buildDashboard();
}

async function buildWorker() {
  const started = Date.now();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === fingerprint()) return;
  rmSync(STAMP, { force: true });
  await compile();
  // A source saved during the build may be newer than what was compiled of it.
  const settled = inputs().every((path) => statSync(path).mtimeMs < started);
  if (settled) writeFileSync(STAMP, fingerprint());
}

/** `{ raw, gzip }`: the bytes of the Worker's wasm. */
export function wasmSize() {
  const wasm = readFileSync(WASM);
  return { raw: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length };
}

async function compile() {
  console.log("Building the Worker (about 1 min the first time) …");
  const log = await workerBuild();
  if (log !== undefined) {
    if (wasmBindgen.path() || !/Failed to download/.test(log)) throw new Failure("The build failed.");
    console.log("wasm-bindgen could not be had from GitHub.");
    process.env.HOOKVAULT_OFFLINE = "1";
    await setup();
    if ((await workerBuild()) !== undefined) throw new Failure("The build failed.");
  }
  appendFileSync(OUTPUTS[1], readFileSync(OBJECTS));
  await shrink();
}

// What wasm-opt inlines makes the module smaller as it is and larger as it is sent. Functions of like
// names are instances of one generic function, and pack best side by side. Names go last.
async function shrink() {
  const noInlining = ["--always-inline-max-function-size", "--flexible-inline-max-function-size",
    "--one-caller-inline-max-function-size"].flatMap((option) => [option, "0"]);
  const order = ["--reorder-functions-by-name", "--strip-debug", "--strip-producers"];
  const args = ["-Oz", ...WASM_FEATURES.map((name) => `--enable-${name}`), ...noInlining, ...order, WASM, "-o", WASM];
  await must(join(NODE_BIN, "wasm-opt"), args);
}

// Resolves to the log of a build that failed.
async function workerBuild() {
  const env = toolEnv({
    WASM_BINDGEN_BIN: wasmBindgen.path(),
    ESBUILD_BIN: join(NODE_BIN, "esbuild"),
    CARGO_TERM_COLOR: process.env.CARGO_TERM_COLOR ?? (process.stderr.isTTY ? "always" : "auto"),
  });
  const args = ["--release", "--", "--locked"];
  const options = { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] };
  const child = spawn(toolPath("worker-build"), args, options);
  const log = collect(child, (chunk) => process.stderr.write(chunk));
  return (await exitOf(child)) === 0 ? undefined : log.join("");
}

function fingerprint() {
  const paths = [...inputs(), ...OUTPUTS];
  if (!existsSync(DEP_INFO) || !paths.every((path) => existsSync(path))) return "unknown";
  const hash = createHash("sha256").update(process.env.RUSTFLAGS ?? "");
  for (const path of paths) hash.update(`\0${path}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

// cargo's own list of the files it compiled, those of `include_str!` too; a space is `\ `.
function inputs() {
  if (!existsSync(DEP_INFO)) return SETTINGS;
  const [, sources] = readFileSync(DEP_INFO, "utf8").trim().split("\n")[0].split(/: /);
  const paths = sources.split(/(?<!\\) /).map((path) => path.replaceAll("\\ ", " "));
  return [...SETTINGS, ...paths];
}

async function report() {
  const { dashboardSize } = await import("./dashboard.mjs");
  for (const [what, { raw, gzip }] of [["index_bg.wasm", wasmSize()], ["assets", dashboardSize()]]) {
    console.log(`build/${what}: ${raw} bytes, gzip ${gzip} bytes`);
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await build();
    await report();
  });
}
