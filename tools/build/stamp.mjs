// Tells whether a build is up to date, by a digest of its inputs and outputs.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "../setup/project.mjs";

const SETTINGS = [
  ...["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "package-lock.json", "src/edge/worker.js"].map((path) => inRoot(path)),
  ...readdirSync(inRoot("tools/build")).map((name) => inRoot("tools/build", name)),
];

const stamp = ({ folder }) => join(folder, ".stamp");

export function isCurrent(profile) {
  return existsSync(stamp(profile)) && readFileSync(stamp(profile), "utf8") === fingerprint(profile);
}

/**
 * Runs `work`, which builds, and stamps the result. There is no stamp if a source was saved meanwhile, since the build
 * may lack that change.
 */
export async function stamped(profile, work) {
  rmSync(stamp(profile), { force: true });
  const started = Date.now();
  await work();
  const isSettled = inputs(profile).every((path) => statSync(path).mtimeMs < started);
  if (isSettled) writeFileSync(stamp(profile), fingerprint(profile));
}

function fingerprint(profile) {
  const paths = [...inputs(profile), profile.script, profile.wasm];
  if (!existsSync(profile.sources) || !paths.every((path) => existsSync(path))) return "unknown";
  const hash = createHash("sha256").update(process.env.RUSTFLAGS ?? "");
  for (const path of paths) hash.update(`\0${path}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

// Reads cargo's own list of the files that it compiled, with those of `include_str!`. A space is written `\ `.
function inputs({ sources }) {
  if (!existsSync(sources)) return SETTINGS;
  const [, list] = readFileSync(sources, "utf8").trim().split("\n")[0].split(/: /);
  return [...SETTINGS, ...list.split(/(?<!\\) /).map((path) => path.replaceAll("\\ ", " "))];
}
