// What wrangler makes of wrangler.toml. To load wrangler takes a second of the processor, which each
// file of the tests would spend: its reading is kept beside the build.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { inRoot } from "../setup/project.mjs";

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
