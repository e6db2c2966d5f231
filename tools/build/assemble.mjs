// Of the wasm that cargo made, the Worker: wasm-bindgen's script and our entry in one file, and the module.
// Only to be called after the set-up: it needs npm packages.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wasmBindgen } from "../setup/bindgen.mjs";
import { inRoot, NODE_BIN } from "../setup/project.mjs";
import { must } from "../setup/run.mjs";

const ENTRY = inRoot("src/edge/worker.js");
const BINDGEN = ["--target", "module", "--out-name", "index", "--no-typescript",
  "--experimental-reset-state-function", "--force-enable-abort-handler"];
/** What rustc and wasm-bindgen make use of, so that nothing newer gets in than the runtime knows. */
const WASM_FEATURES = ["mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory",
  "simd", "multivalue", "reference-types", "exception-handling"];

/** All is made beside the old Worker, and takes its place in the end. */
export async function assemble({ compiled, folder, script, wasm, isSmall }) {
  mkdirSync(folder, { recursive: true });
  const dir = mkdtempSync(join(folder, ".new-"));
  try {
    await must(wasmBindgen.path, [compiled, "--out-dir", dir, ...BINDGEN]);
    await bundle(dir, { minify: isSmall });
    if (isSmall) await shrink(join(dir, "index_bg.wasm"));
    renameSync(join(dir, "index_bg.wasm"), wasm);
    renameSync(join(dir, "worker.js"), script);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Bundles the entry with wasm-bindgen's `index.js` in this folder to `worker.js`. */
export async function bundle(dir, { minify }) {
  const index = join(dir, "index.js");
  // The runtime takes a module of wasm as it is; the bundler does not know how one is imported by its source.
  writeFileSync(index, readFileSync(index, "utf8").replace("import source ", "import "));
  copyFileSync(ENTRY, join(dir, "entry.js"));
  const { build } = await import("esbuild");
  const external = ["./index_bg.wasm", "cloudflare:*"];
  const files = { entryPoints: ["entry.js"], outfile: "worker.js", external };
  await build({ ...files, absWorkingDir: dir, bundle: true, format: "esm", minify, logLevel: "warning" });
}

// What wasm-opt inlines makes the module smaller as it is and larger as it is sent. Functions of like
// names are instances of one generic function, and pack best side by side. Names go last.
async function shrink(wasm) {
  const noInlining = ["--always-inline-max-function-size", "--flexible-inline-max-function-size",
    "--one-caller-inline-max-function-size"].flatMap((option) => [option, "0"]);
  const order = ["--reorder-functions-by-name", "--strip-debug", "--strip-producers"];
  const args = ["-Oz", ...WASM_FEATURES.map((name) => `--enable-${name}`), ...noInlining, ...order, wasm, "-o", wasm];
  await must(join(NODE_BIN, "wasm-opt"), args);
}
