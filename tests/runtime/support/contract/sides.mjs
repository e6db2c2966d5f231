// Starts hookvault, or a twin that the benchmarks compare it with, for the same tests.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildTwin, TWINS } from "../../../../tools/bench/twin.mjs";
import { ROOT } from "../../../../tools/workerd/vault.mjs";
import { startVault } from "../vault.mjs";

export const SIDES = ["hookvault", ...TWINS];

/**
 * Starts a side; its other options are those of `startVault`.
 *
 * @param {string} name one of `SIDES`
 * @param {{ isTold?: boolean }} options `isTold` logs each operation on a job's stores, for `operations`
 */
export async function startSide(name, { isTold = false, change = (options) => options, ...rest } = {}) {
  const twin = TWINS.includes(name) ? await built(name) : {};
  const entry = isTold ? [await teller(name)] : [];
  return startVault({
    ...rest,
    change(options) {
      const own = { ...options, ...twin };
      return change({ ...own, modules: [...entry, ...own.modules] });
    },
  });
}

/** Returns the operations in the log so far, in order: `["storage.put", "record"]`. */
export const operations = ({ logs }) =>
  logs.map(({ message }) => /^operation (.*)/.exec(message)?.[1]).filter(Boolean).map(JSON.parse);

async function teller(name) {
  const text = await readFile(new URL("../entries/operations.mjs", import.meta.url), "utf8");
  const isTwin = TWINS.includes(name);
  const contents = text.replace('"SIDE"', isTwin ? '"./twin.js"' : '"./build/index.js"');
  return { type: "ESModule", path: isTwin ? "told.js" : join(ROOT, "told.js"), contents };
}

async function built(name) {
  const dir = await mkdtemp(join(tmpdir(), "hookvault-twin-"));
  try {
    return await buildTwin(name, dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}
