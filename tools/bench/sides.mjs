// Starts the sides, each as its own workerd process: with the same build, flags, bindings and variables.
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { workerds } from "../workerd/process.mjs";
import { BUILT, LocalVault, ROOT } from "../workerd/vault.mjs";
import { buildTwin, TWINS } from "./twin.mjs";

export const SIDES = ["hookvault", ...TWINS, "floor"];
const STORES = {
  durableObjects: { JOBS: { className: "Job", useSQLite: true }, CATALOG: { className: "Catalog", useSQLite: true } },
};

const floor = async () => {
  const path = join(ROOT, "bench/floor/worker.mjs");
  return { ...STORES, modules: [{ type: "ESModule", path, contents: await readFile(path, "utf8") }] };
};

const hookvault = async () => ({ modules: BUILT });

/** The options that differ from side to side. */
const OWN = { hookvault, floor, ...Object.fromEntries(TWINS.map((name) => [name, (dir) => buildTwin(name, dir)])) };

/** Builds each side once, so that all its starts run the same code. */
const built = new Map();

function ownOf(name, dir) {
  if (!built.has(name)) built.set(name, OWN[name](dir));
  return built.get(name);
}

/** Returns the modules of a side, without starting it. */
export const modulesOf = async (name, dir) => (await ownOf(name, dir)).modules;

/**
 * Starts one side over its own storage in `dir`.
 *
 * It leaves out the static files. The platform serves them before the Worker, but the local stand-in for that is a
 * Worker in JavaScript, which every request would pass.
 *
 * @param {string} name
 * @param {{ dir: string, sources: string, vars?: object, change?: (options: object) => object }} where
 */
export async function startSide(name, { dir, sources, vars = {}, change = (options) => options }) {
  const storage = await mkdtemp(join(dir, `${name}-`));
  const own = await ownOf(name, dir);
  const vault = new LocalVault({
    dir: storage,
    // Uses the pauses that users have, not the tests' short ones.
    vars: { RETRY_BASE_MS: null, ALLOWED_SOURCE_HOSTS: sources, ...vars },
    change: ({ assets, ...options }) => change({ ...options, ...own }),
  });
  const before = workerds();
  await vault.start();
  const [pid] = workerds().filter((other) => !before.includes(other));
  return { name, vault, pid, url: vault.url };
}

/** Returns the errors that a side logged: a side that fails is not faster. */
export function complaints({ name, vault }) {
  const errors = vault.logs.filter(({ level }) => level === "error").map(({ message }) => message);
  return [...new Set(errors)].map((message) => `${name}: ${message}`);
}
