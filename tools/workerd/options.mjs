// What wrangler makes of wrangler.toml. To load wrangler takes a second of the processor, which each
// file of the tests would spend: its reading is kept beside the build.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { inRoot, ROOT } from "../setup/project.mjs";

const CONFIGURATION = inRoot("wrangler.toml");
const KEPT = inRoot("build", ".worker-options.json");

/** Miniflare's options of the Worker: its bindings and flags, as users deploy them. */
export async function workerOptions() {
  const source = fingerprint();
  const kept = read();
  if (kept?.source === source) return kept.options;
  const { unstable_getMiniflareWorkerOptions: readAll } = await import("wrangler");
  const { workerOptions: options } = readAll(CONFIGURATION);
  keep({ source, options });
  return options;
}

/**
 * Miniflare's options for the Worker with these modules, the entry first, and its storage in `dir`.
 *
 * @param {{ modules: object[], vars: Record<string, string>, dir: string }} given
 */
export async function runtimeOptions({ modules, vars, dir }) {
  return {
    ...(await workerOptions()),
    bindings: vars,
    rootPath: ROOT,
    modules,
    host: "127.0.0.1",
    // What Cloudflare would tell of a request is not fetched from there.
    cf: false,
    defaultPersistRoot: dir,
    r2Persist: true,
    kvPersist: true,
    durableObjectsPersist: true,
  };
}

// The place counts too, since the options have whole paths in them.
function fingerprint() {
  const parts = [CONFIGURATION, readFileSync(CONFIGURATION), readFileSync(inRoot("package-lock.json"))];
  return parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");
}

function read() {
  try {
    return JSON.parse(readFileSync(KEPT, "utf8"));
  } catch {
    return undefined;
  }
}

// Test files run side by side: none must read half of it.
function keep(kept) {
  mkdirSync(inRoot("build"), { recursive: true });
  const mine = `${KEPT}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(kept));
  renameSync(mine, KEPT);
}
