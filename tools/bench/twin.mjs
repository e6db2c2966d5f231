// Builds a twin: the measured part of the contract in TypeScript, of conventional design or of hookvault's own.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { workerOptions } from "../workerd/options.mjs";
import { ROOT } from "../workerd/vault.mjs";

/** Their names: each is a folder in `bench/twins`. */
export const TWINS = ["conventional", "same-design"];

/**
 * Bundles a twin into `outDir`.
 *
 * @param {string} name
 * @param {string} outDir
 * @returns {Promise<object>} the part of miniflare's options that is the twin's; date and flags
 *   are those of wrangler.toml, so that both sides run on the same platform
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
