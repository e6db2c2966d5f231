// The npm packages, as package-lock.json has them.
import { existsSync, readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { checkNpm } from "./prerequisites.mjs";
import { inRoot, NODE, NODE_BIN } from "./project.mjs";
import { step } from "./run.mjs";

const packages = (path) => JSON.parse(readFileSync(path, "utf8")).packages;

export const npmPackages = {
  /** npm writes its hidden lockfile last, so that it is a stamp of a finished installation. */
  ready() {
    const stamp = inRoot("node_modules", ".package-lock.json");
    if (!existsSync(stamp) || !existsSync(NODE)) return false;
    const installed = packages(stamp);
    const { "": _root, ...wanted } = packages(inRoot("package-lock.json"));
    return Object.entries(wanted).every(([name, entry]) => matches(installed[name], entry));
  },

  async install() {
    checkNpm();
    const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    await step("Installing the npm packages (about 15 s)", "npm", args, outsideEnv());
  },
};

// Optional packages are those of other platforms.
function matches(installed, wanted) {
  if (!installed) return Boolean(wanted.optional);
  return installed.version === wanted.version && installed.integrity === wanted.integrity;
}

// `npm ci` deletes node_modules first: it must not itself run on the Node in there.
function outsideEnv() {
  const path = process.env.PATH.split(delimiter).filter((entry) => entry !== NODE_BIN);
  return { ...process.env, PATH: path.join(delimiter), npm_node_execpath: undefined };
}
