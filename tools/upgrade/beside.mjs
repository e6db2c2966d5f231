// Two releases in one runtime: which of them answers requests, and which one an object is of.
import { join } from "node:path";
import { BUILT, ROOT } from "../workerd/vault.mjs";
import { modulesOf } from "./build.mjs";

/**
 * Who runs what: `former`, `current`, or `mixed`, each object or request by itself as chance will have it.
 *
 * @typedef {Record<"Worker" | "Job" | "Catalog", "former" | "current" | "mixed">} Sides
 */
const all = (side) => ({ Worker: side, Job: side, Catalog: side });
export const [FORMER, CURRENT] = ["former", "current"].map(all);
/** A deployment reaches the parts in any order, and may be taken back before it has reached all. */
export const PAIRINGS = [
  { ...FORMER, Worker: "current" },
  { ...CURRENT, Catalog: "former" },
  { ...CURRENT, Job: "former" },
  { ...CURRENT, Worker: "former" },
  { ...FORMER, Job: "current" },
  { ...FORMER, Catalog: "current" },
  all("mixed"),
];

/** For `change` of a vault. @param {string} commit the former release, which is built @param {() => Sides} sides */
export const beside = (commit, sides) => (options) => {
  const former = modulesOf(commit).modules;
  const [script] = former;
  const contents = entry({ former: script.path, current: BUILT[0].path }, sides());
  return { ...options, rootPath: ROOT, modules: [{ type: "ESModule", path: join(ROOT, "beside.mjs"), contents }, ...BUILT, ...former] };
};

/** An object's instance is one of the chosen release's own class: what that does not know, the runtime says. */
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
