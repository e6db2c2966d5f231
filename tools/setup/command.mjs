// Says how the user runs a command: as an npm script of the source, or as this package was run.
import { readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join, relative, resolve, sep } from "node:path";
import { inRoot, ROOT } from "./project.mjs";
import { plain } from "./terminal.mjs";

const NAME = "hookvault";
const CLI = inRoot("cli", "hookvault.mjs");
/** The npm scripts that are commands of the package too. */
const SCRIPTS = { start: "npm start", demo: "npm run demo", deploy: "npm run deploy", doctor: "npm run doctor --" };

/** @typedef {{ script?: string, cwd?: string, env?: Record<string, string | undefined>, root?: string }} Place */

/**
 * Returns what a user types to run one of the commands, without arguments.
 *
 * @param {"start" | "demo" | "deploy" | "doctor"} name
 * @param {Place} [place]
 */
export const commandFor = (name, place) => (isScript(place) ? SCRIPTS[name] : `${ownCommand(place)} ${name}`);

/**
 * Returns the words before a command's name that run this package again: `npx ./hookvault-0.1.0.tgz`, `npx hookvault`,
 * or `hookvault`.
 *
 * @param {Place} [place]
 */
export function ownCommand({ cwd = process.cwd(), env = process.env, root = ROOT } = {}) {
  const folder = resolve(root);
  const above = dirname(dirname(folder));
  const spec = npxSpec(above, cwd);
  // npx asks about a file each time, unless somebody has said yes to all.
  if (spec) return `npx ${env.npm_config_yes === "true" ? "--yes " : ""}${spec}`;
  const cli = join(folder, "cli", "hookvault.mjs");
  if (onPath(env).some((path) => real(path) === cli)) return NAME;
  if (folder === join(above, "node_modules", NAME) && `${cwd}${sep}`.startsWith(join(above, sep))) return `npx ${NAME}`;
  return `node ${shown(cli, cwd)}`;
}

/** Returns the file in which the local vault's tokens are. */
export const localTokens = (place) => (isScript(place) ? ".dev.vars" : ".hookvault/config.json");

const isScript = ({ script = process.argv[1] } = {}) => real(script ?? "") !== CLI;

/** Returns what npx was asked to run, from the file that it keeps beside its own packages. */
function npxSpec(folder, cwd) {
  try {
    const { dependencies, _npx: { packages } } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const [, path] = /^file:(.*)$/.exec(dependencies[NAME]) ?? [];
    return path ? shown(resolve(folder, path), cwd) : packages[0];
  } catch {
    return undefined;
  }
}

/** Returns a path as it is typed in this folder. */
function shown(path, cwd) {
  const near = relative(cwd, path);
  return shellWord(near.startsWith("..") ? path : `.${sep}${near}`);
}

/** Returns a text as one word of a shell, without characters that control a terminal. */
export function shellWord(text) {
  const shown = plain(text);
  return /^[\w.:/@+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}

/** The folders that npm adds for the time of a script are not the user's. */
const onPath = ({ PATH = "" }) => PATH.split(delimiter).filter((entry) => !entry.includes("node_modules")).map((entry) => join(entry, NAME));

function real(path) {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
