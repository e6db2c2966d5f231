// Makes the folder that deploys without Rust: the built Worker and its assets, wrangler's configuration, and a
// package.json with wrangler alone.
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { RELEASE } from "../build/profiles.mjs";
import { inRoot } from "../setup/project.mjs";
import { configuration, manifest, readme } from "./contents.mjs";
import { pruned } from "./lock.mjs";

/** Where `npm run release` makes it. */
export const FOLDER = inRoot("dist", "release");
/** Files that the folder has unchanged. */
const COPIED = ["openapi.json", "LICENSE", ".dev.vars.example"];
const IGNORED = "node_modules/\n.wrangler/\n.dev.vars\n";

/**
 * Replaces the folder `to` by one with the Worker that was built last.
 *
 * @param {string} to
 * @param {string} [repository] `owner/name` at GitHub, for the button in its README
 */
export function makeFolder(to, repository = process.env.GITHUB_REPOSITORY) {
  const made = `${to}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(join(made, "build"), { recursive: true });
  for (const path of [RELEASE.script, RELEASE.wasm]) cpSync(path, join(made, "build", basename(path)));
  cpSync(inRoot("build", "assets"), join(made, "build", "assets"), { recursive: true });
  for (const name of COPIED) cpSync(inRoot(name), join(made, name));
  const project = JSON.parse(read("package.json"));
  const ours = manifest(project);
  const texts = {
    "package.json": json(ours),
    "package-lock.json": json(pruned(JSON.parse(read("package-lock.json")), ours)),
    "wrangler.toml": configuration(read("wrangler.toml")),
    "README.md": readme({ version: project.version, repository }),
    ".gitignore": IGNORED,
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(made, name), text);
  rmSync(to, { recursive: true, force: true });
  renameSync(made, to);
}

/** Returns the paths of all files in a folder, in order. */
export const filesIn = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();

const read = (path) => readFileSync(inRoot(path), "utf8");
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
