// Reads wrangler.toml as wrangler does. Loading wrangler takes a second of CPU, which each start would spend: so the
// result is stored beside the build.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { inRoot, ROOT } from "../setup/project.mjs";

const CONFIGURATION = inRoot("wrangler.toml");
const KEPT = inRoot("build", ".worker-options.json");

/** Returns miniflare's options of the Worker: its bindings and flags, as users deploy them. */
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
 * Returns miniflare's options for the Worker with these modules and its storage in `dir`.
 *
 * @param {{ modules: object[], vars: Record<string, string>, dir: string }} given the first module is the entry
 */
export async function runtimeOptions({ modules, vars, dir }) {
  return {
    ...(await workerOptions()),
    bindings: vars,
    rootPath: ROOT,
    modules,
    host: "127.0.0.1",
    // Does not fetch from Cloudflare what `request.cf` would contain.
    cf: false,
    defaultPersistRoot: dir,
    r2Persist: true,
    kvPersist: true,
    durableObjectsPersist: true,
  };
}

// The folder counts too, because the options contain absolute paths. package.json names wrangler's exact version.
function fingerprint() {
  const parts = [CONFIGURATION, readFileSync(CONFIGURATION), readFileSync(inRoot("package.json"))];
  return parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");
}

function read() {
  try {
    return JSON.parse(readFileSync(KEPT, "utf8"));
  } catch {
    return undefined;
  }
}

// Writes the file and renames it, so that no process that runs beside this one reads half of it. Where another user
// has installed the package, nothing can be written: then each start reads wrangler.toml again.
function keep(kept) {
  const mine = `${KEPT}.${process.pid}`;
  try {
    mkdirSync(inRoot("build"), { recursive: true });
    writeFileSync(mine, JSON.stringify(kept));
    renameSync(mine, KEPT);
  } catch {
    rmSync(mine, { force: true });
  }
}
