// Where things are, and which versions: each version is spelled once, in the file that owns it.
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const inRoot = (...parts) => join(ROOT, ...parts);
export const TOOLS = inRoot(".tools");
export const NODE_BIN = inRoot("node_modules", ".bin");

/** The Node 22 that wrangler and miniflare want, whatever Node the machine has. */
export const NODE = join(NODE_BIN, "node");

/** The version that Cargo.lock holds of a crate. */
export function lockedVersion(crate) {
  const lock = readFileSync(inRoot("Cargo.lock"), "utf8");
  const found = lock.match(new RegExp(`^name = "${crate}"\\nversion = "(.+)"$`, "m"));
  if (!found) throw new Error(`Cargo.lock has no ${crate}`);
  return found[1];
}

/** What rust-toolchain.toml asks for. */
export function toolchain() {
  const text = readFileSync(inRoot("rust-toolchain.toml"), "utf8");
  const value = (key) => text.match(new RegExp(`^${key} = (.+)$`, "m"))?.[1] ?? "[]";
  const [channel, components, targets] = ["channel", "components", "targets"].map((key) =>
    JSON.parse(value(key)),
  );
  return { channel, components, targets };
}

/** The environment for tools that should find the project's own binaries first. */
export function toolEnv(extra = {}) {
  return { ...process.env, PATH: NODE_BIN + delimiter + process.env.PATH, ...extra };
}
