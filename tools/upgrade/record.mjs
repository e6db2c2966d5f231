// Plays a release, and keeps what it writes, storage and answers, for `tests/runtime/upgrade`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { reader } from "./answers.mjs";
import { readStorage, restore, written } from "./fixture.mjs";
import { Outside } from "./outside.mjs";
import { allTold, deliver, DELIVERIES, HELD, play, UNMATCHED, VARS } from "./scenario.mjs";

const REPLACED = fileURLToPath(new URL("../workerd/replaced.mjs", import.meta.url));

/** An entry in whose objects one copy in KV is never finished. */
const HOLDING = `
import * as built from "./index.js";
import { replaced } from "./replaced.mjs";
const holding = (env) => ({ ...env, RECORDS: replaced(env.RECORDS, {
  put: (key, ...rest) => key === ${JSON.stringify(HELD.kv)} ? (console.log("held"), new Promise(() => {})) : env.RECORDS.put(key, ...rest) }) });
export default built.default;
export const Catalog = built.Catalog;
export const Job = new Proxy(built.Job, { construct: (Class, [state, env], target) => Reflect.construct(Class, [state, holding(env)], target) });`;

/**
 * @param {{ rootPath: string, modules: object[] }} modules the release's part of miniflare's options
 * @param {string} path where the fixture is written
 */
export async function record({ modules, commit, path }) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-record-"));
  try {
    const storage = await playAll(dir, modules);
    rmSync(dir, { recursive: true });
    const told = await read(dir, storage, modules);
    writeFileSync(path, written({ commit, at: Date.now(), told, storage }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Plays everything. It ends the vault in the middle of two runs, and once more while a delivery waits for the bucket.
 */
async function playAll(dir, modules) {
  const outside = new Outside();
  let change = (options) => options;
  const vault = new LocalVault({ dir, vars: VARS, change: (options) => change(outside.change({ ...options, ...modules })) });
  await vault.start();
  await play(vault);
  change = holding;
  await vault.restart();
  for (const id of Object.values(HELD)) await deliver(vault, DELIVERIES[id][0][0]);
  await eventually("both are held", () => (vault.logs.some(({ message }) => message.includes("held"))
    && outside.asked.some((url) => url.includes("slow"))) || undefined);
  await allTold(vault);
  change = ({ r2Buckets: { FILES: _, ...others }, ...options }) => ({ ...options, r2Buckets: others });
  await vault.restart();
  await deliver(vault, UNMATCHED[1]);
  change = (options) => options;
  await vault.restart();
  return readStorage(dir, vault);
}

function holding({ modules: [main, ...rest], ...options }) {
  const beside = (name, contents) => ({ type: "ESModule", path: join(options.rootPath, name), contents });
  return { ...options, modules: [beside("holding.mjs", HOLDING), beside("replaced.mjs", readFileSync(REPLACED, "utf8")), main, ...rest] };
}

/** Returns what the release itself answers over this storage. */
async function read(dir, storage, modules) {
  const outside = new Outside();
  outside.hold();
  const vault = new LocalVault({ dir, vars: VARS, change: (options) => outside.change({ ...options, ...modules }) });
  await vault.start();
  await restore(vault, dir, storage, { alarms: false });
  try {
    const { lists, records, rest } = reader(vault);
    return { lists: await lists(), records: await records(), rest: await rest() };
  } finally {
    await vault.end();
  }
}
