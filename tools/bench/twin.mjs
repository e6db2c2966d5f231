// Builds the twin: what a TypeScript developer would write for the measured part of the contract.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { workerOptions } from "../workerd/options.mjs";
import { ROOT } from "../workerd/vault.mjs";

/**
 * Bundles `bench/twin` into `outDir`.
 *
 * @param {string} outDir
 * @returns {Promise<object>} the part of miniflare's options that is the twin's; date and flags
 *   are those of wrangler.toml, so that both sides run on the same platform
 */
export async function buildTwin(outDir) {
  const outfile = join(outDir, "twin.js");
  await build({
    entryPoints: [join(ROOT, "bench/twin/index.ts")],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    target: "esnext",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers"],
    logLevel: "warning",
  });
  const { compatibilityDate, compatibilityFlags } = await workerOptions();
  return {
    modules: [{ type: "ESModule", path: "twin.js", contents: await readFile(outfile, "utf8") }],
    durableObjects: {
      JOBS: { className: "Job", useSQLite: true },
      CATALOG: { className: "Catalog", useSQLite: true },
    },
    r2Buckets: ["FILES"],
    kvNamespaces: ["RECORDS"],
    compatibilityDate,
    compatibilityFlags,
  };
}
