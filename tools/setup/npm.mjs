// Installs the npm packages of package-lock.json.
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { checkNpm } from "./prerequisites.mjs";
import { inRoot, NODE, NODE_BIN, ROOT } from "./project.mjs";
import { step } from "./run.mjs";

const packages = (path) => JSON.parse(readFileSync(path, "utf8")).packages;

export const npmPackages = {
  ready: () => existsSync(NODE) && hasAll(ROOT, inRoot("package-lock.json")),
  install: () => npmCi("Installing the npm packages (about 15 s)", ROOT),
};

/**
 * Tells whether a folder has all packages of a lockfile. npm writes its hidden lockfile last, so that file proves a
 * complete installation.
 */
export function hasAll(folder, lock) {
  const stamp = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(stamp)) return false;
  const installed = packages(stamp);
  const { "": _root, ...wanted } = packages(lock);
  return Object.entries(wanted).every(([name, entry]) => matches(installed[name], entry));
}

/** Installs what the lockfile of a folder lists. */
export async function npmCi(title, folder) {
  checkNpm();
  const args = ["ci", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error"];
  await step(title, "npm", args, outsideEnv());
}

// An optional package may be missing: it is for another platform.
function matches(installed, wanted) {
  if (!installed) return Boolean(wanted.optional);
  return installed.version === wanted.version && installed.integrity === wanted.integrity;
}

// Keeps npm off the Node in node_modules, because `npm ci` deletes that folder first.
function outsideEnv() {
  const path = process.env.PATH.split(delimiter).filter((entry) => entry !== NODE_BIN);
  return { ...process.env, PATH: path.join(delimiter), npm_node_execpath: undefined };
}
