// The project's folders and the versions of its tools. Each version is read from the one file that owns it.
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const inRoot = (...parts) => join(ROOT, ...parts);
export const TOOLS = inRoot(".tools");
export const NODE_BIN = inRoot("node_modules", ".bin");

/** Tells whether this is the package that users install. Only the source has the lock of its dependencies. */
export const IS_PACKAGE = !existsSync(inRoot("package-lock.json"));

/** The Node 22 that wrangler and miniflare need, whatever Node the machine has. The package never runs in an older one. */
export const NODE = IS_PACKAGE ? process.execPath : join(NODE_BIN, "node");

/** Returns the version of a crate in Cargo.lock. */
export function lockedVersion(crate) {
  const lock = readFileSync(inRoot("Cargo.lock"), "utf8");
  const found = lock.match(new RegExp(`^name = "${crate}"\\nversion = "(.+)"$`, "m"));
  if (!found) throw new Error(`Cargo.lock has no ${crate}`);
  return found[1];
}

/** Returns what rust-toolchain.toml asks for. */
export function toolchain() {
  const text = readFileSync(inRoot("rust-toolchain.toml"), "utf8");
  const value = (key) => text.match(new RegExp(`^${key} = (.+)$`, "m"))?.[1] ?? "[]";
  const [channel, components, targets] = ["channel", "components", "targets"].map((key) =>
    JSON.parse(value(key)),
  );
  return { channel, components, targets };
}

/** Returns an environment in which tools find the project's own programs first. */
export function toolEnv(extra = {}) {
  return { ...process.env, PATH: NODE_BIN + delimiter + process.env.PATH, ...extra };
}
