// The Worker with its operations counted, from outside.
import { dirname, join } from "node:path";
import { eventually } from "./wait.mjs";

const ENTRY = "tests/runtime/support/counted/entry.mjs";
/** Alarms that ring later are not waited for. */
const SOON_MS = 10_000;

/** For `startVault({ change })`. */
export function counting(options, entry = ENTRY) {
  const module = (path) => ({ type: "ESModule", path: join(options.rootPath, path) });
  const modules = [entry, join(dirname(ENTRY), "counts.mjs")].map(module);
  return { ...options, modules: [...modules, ...options.modules] };
}

/** What has been counted since the last call, once nothing is under way nor due soon. */
export async function counted(vault) {
  const { due } = await quiet(vault);
  const { counts } = await (await ask(vault, "DELETE")).json();
  return { counts, due: due.map(({ who }) => who) };
}

const ask = (vault, method) => fetch(`${vault.url}/_counted`, { method, headers: { connection: "close" } });

const quiet = (vault) => eventually("nothing is under way", async () => {
  const state = await (await ask(vault, "GET")).json();
  const isQuiet = state.busy === 0 && state.due.every(({ inMs }) => inMs > SOON_MS);
  return isQuiet ? state : undefined;
});
