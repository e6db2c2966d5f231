// Counts what a Worker costs: adds a shim around it to miniflare's options, and reads the counts.
//
// `new LocalVault({ change: counted })` starts a vault that counts, and `tally(vault)` reads the counts. It works for
// any Worker with objects of the classes `Job` and `Catalog`.
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./wait.mjs";

/** An alarm that is further away than this does not count as work that goes on. */
const SOON_MS = 20_000;
const SHIM = fileURLToPath(new URL("counting/", import.meta.url));

/** Adds the shim to miniflare's options: pass it as `change` of a `LocalVault`. */
export function counted(options) {
  const [main] = options.modules;
  const path = join(SHIM, "main.mjs");
  const from = relative(dirname(path), resolve(options.rootPath, main.path));
  const contents = `
    import * as built from ${JSON.stringify(from)};
    import { countedObject, countedWorker } from "./wrap.mjs";
    export default countedWorker(built.default);
    export const Catalog = countedObject("Catalog", built.Catalog);
    export const Job = countedObject("Job", built.Job);`;
  const shim = ["wrap.mjs", "bindings.mjs", "count.mjs"];
  const modules = shim.map((name) => ({ type: "ESModule", path: join(SHIM, name) }));
  return { ...options, modules: [{ type: "ESModule", path, contents }, ...modules, ...options.modules] };
}

async function ask(vault, init) {
  const response = await fetch(`${vault.url}/.counted`, { ...init, headers: { connection: "close" } });
  return response.json();
}

/** Resets the counts. */
export const forget = (vault) => ask(vault, { method: "DELETE" });

/**
 * Returns the counts since `forget`, once no event goes on and no alarm is near.
 *
 * @param {number} [running] how many events still go on because the caller holds them up
 */
export function tally(vault, running = 0) {
  return eventually("nothing goes on", async () => {
    const report = await ask(vault);
    const isNear = report.next !== null && report.next < SOON_MS;
    return report.running === running && !isNear ? report : undefined;
  });
}
