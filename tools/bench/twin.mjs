// Builds a twin: the measured part of the contract in TypeScript, in the conventional design or in hookvault's.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { workerOptions } from "../workerd/options.mjs";
import { ROOT } from "../workerd/vault.mjs";

/** The twins' names. Each is a folder in `bench/twins`. */
export const TWINS = ["conventional", "same-design"];

/**
 * Bundles a twin into `outDir`.
 *
 * @param {string} name
 * @param {string} outDir
 * @returns {Promise<object>} the twin's part of miniflare's options; date and flags come from wrangler.toml, so that
 *   all sides run on the same platform
 */
export async function buildTwin(name, outDir) {
  const outfile = join(outDir, `${name}.js`);
  await build({
    entryPoints: [join(ROOT, `bench/twins/${name}/index.ts`)],
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
