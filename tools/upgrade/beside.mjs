// Runs two releases in one runtime, and chooses which of them answers requests and runs each object.
import { join } from "node:path";
import { BUILT, ROOT } from "../workerd/vault.mjs";
import { modulesOf } from "./build.mjs";

/**
 * The release that runs each part: `former`, `current`, or `mixed`, by chance for each object or request.
 *
 * @typedef {Record<"Worker" | "Job" | "Catalog", "former" | "current" | "mixed">} Sides
 */
const all = (side) => ({ Worker: side, Job: side, Catalog: side });
export const [FORMER, CURRENT] = ["former", "current"].map(all);
/** All pairings: a deployment reaches the parts in any order, and may be rolled back before it has reached all. */
export const PAIRINGS = [
  { ...FORMER, Worker: "current" },
  { ...CURRENT, Catalog: "former" },
  { ...CURRENT, Job: "former" },
  { ...CURRENT, Worker: "former" },
  { ...FORMER, Job: "current" },
  { ...FORMER, Catalog: "current" },
  all("mixed"),
];

/**
 * Changes a vault's options: pass it as `change`.
 *
 * @param {string} commit the former release, which must be built
 * @param {() => Sides} sides
 */
export const beside = (commit, sides) => (options) => {
  const former = modulesOf(commit).modules;
  const [script] = former;
  const contents = entry({ former: script.path, current: BUILT[0].path }, sides());
  return { ...options, rootPath: ROOT, modules: [{ type: "ESModule", path: join(ROOT, "beside.mjs"), contents }, ...BUILT, ...former] };
};

/**
 * Writes the entry. An object's instance is of the chosen release's own class, so the runtime reports a method that
 * this class does not have.
 */
const entry = (paths, sides) => `
${Object.entries(paths).map(([side, path]) => `import * as ${side} from ${JSON.stringify(path.replace(ROOT, "./"))};`).join("\n")}
const releases = { former, current };
const sides = ${JSON.stringify(sides)};
const coin = (id) => ["former", "current"][parseInt(id.slice(0, 2), 16) % 2];
const chosen = (what, id) => releases[sides[what] === "mixed" ? coin(id) : sides[what]];
const object = (name) => new Proxy(current[name], {
  construct: (_, [state, env]) => new (chosen(name, state.id.toString())[name])(state, env) });
export const Job = object("Job");
export const Catalog = object("Catalog");
const worker = (...args) => new (chosen("Worker", crypto.randomUUID()).default)(...args);
export default new Proxy(current.default, { construct: (_, args) => worker(...args) });`;
