// Makes the Worker from the wasm that cargo compiled: wasm-bindgen's script and our entry in one file, and the wasm
// module.
// Call it only after the set-up, because it needs npm packages.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wasmBindgen } from "../setup/bindgen.mjs";
import { inRoot, NODE_BIN } from "../setup/project.mjs";
import { must } from "../setup/run.mjs";

const ENTRY = inRoot("src/edge/worker.js");
const BINDGEN = ["--target", "module", "--out-name", "index", "--no-typescript",
  "--experimental-reset-state-function", "--force-enable-abort-handler"];
/** The features that rustc and wasm-bindgen use. wasm-opt may use no others, so that the runtime knows all of them. */
const WASM_FEATURES = ["mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory",
  "simd", "multivalue", "reference-types", "exception-handling"];

/** Makes the Worker beside the old one, and replaces that at the end. */
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

/** Bundles the entry with the folder's `index.js`, which wasm-bindgen wrote, into `worker.js`. */
export async function bundle(dir, { minify }) {
  const index = join(dir, "index.js");
  // The runtime imports a wasm module directly; the bundler does not understand an import by source.
  writeFileSync(index, readFileSync(index, "utf8").replace("import source ", "import "));
  copyFileSync(ENTRY, join(dir, "entry.js"));
  const { build } = await import("esbuild");
  const external = ["./index_bg.wasm", "cloudflare:*"];
  const files = { entryPoints: ["entry.js"], outfile: "worker.js", external };
  await build({ ...files, absWorkingDir: dir, bundle: true, format: "esm", minify, logLevel: "warning" });
}

// Makes the module smaller. Inlining by wasm-opt makes it smaller raw but larger compressed, so it is off.
// Functions with similar names are instances of one generic function, and compress best side by side. Names go last.
async function shrink(wasm) {
  const noInlining = ["--always-inline-max-function-size", "--flexible-inline-max-function-size",
    "--one-caller-inline-max-function-size"].flatMap((option) => [option, "0"]);
  const order = ["--reorder-functions-by-name", "--strip-debug", "--strip-producers"];
  const args = ["-Oz", ...WASM_FEATURES.map((name) => `--enable-${name}`), ...noInlining, ...order, wasm, "-o", wasm];
  await must(join(NODE_BIN, "wasm-opt"), args);
}
