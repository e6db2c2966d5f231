// Prepares a user's folder for `wrangler deploy`: the built Worker of the package, and a wrangler.toml that is the user's.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { RELEASE } from "../build/profiles.mjs";
import { configuration } from "../release/contents.mjs";
import { inRoot } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

const NAME = "wrangler.toml";
/** Where the Worker is, seen from the folder; a wrangler.toml that names it is one of ours. */
const WORKER = ".hookvault/worker";
const OURS = new RegExp(`^main\\s*=\\s*["'](?:\\./)?${WORKER.replaceAll(".", "\\.")}/`, "m");
/** wrangler takes the first of these that exists. */
const NAMES = ["wrangler.json", "wrangler.jsonc", NAME];
/** Only the source has wrangler's schema beside the file. */
const SCHEMA = /^#:schema .*\n/;
const HEAD = `# hookvault's configuration. It is yours: no command writes it again. ${WORKER} is replaced by each deployment.\n`;

/** Tells whether the folder has hookvault's configuration; throws if it has another one. */
export function hasOurs(folder) {
  const found = NAMES.find((name) => existsSync(join(folder, name)));
  if (!found) return false;
  if (OURS.test(readFileSync(join(folder, found), "utf8"))) return true;
  throw new Failure(`${join(folder, found)} is not hookvault's, because it does not say main = "${WORKER}/index.js". `
    + "Nothing was changed. Run this in an empty folder.");
}

/** Writes the configuration, and never replaces a file. */
export const writeConfiguration = (folder) => writeFileSync(join(folder, NAME), ours(), { flag: "wx" });

/** Returns the package's configuration without its build, with the paths of a user's folder. */
function ours() {
  const text = configuration(readFileSync(inRoot(NAME), "utf8")).replace(SCHEMA, "");
  const moved = text.replace('main = "build/index.js"', `main = "${WORKER}/index.js"`).replace('directory = "build/assets"', `directory = "${WORKER}/assets"`);
  if (!OURS.test(moved) || moved.includes('"build/')) throw new Error(`${NAME} has not the expected paths`);
  return HEAD + moved;
}

/** Replaces the folder's Worker by the package's. Another deployment never sees half of it. */
export function copyWorker(folder) {
  const to = join(folder, WORKER);
  const [made, old] = [`${to}.new`, `${to}.old`];
  for (const path of [made, old]) rmSync(path, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  for (const path of [RELEASE.script, RELEASE.wasm]) cpSync(path, join(made, basename(path)));
  cpSync(inRoot("build", "assets"), join(made, "assets"), { recursive: true });
  if (existsSync(to)) renameSync(to, old);
  renameSync(made, to);
  rmSync(old, { recursive: true, force: true });
}
