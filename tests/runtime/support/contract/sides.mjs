// Hookvault, and the twin that the benchmarks compare it with, under one set of tests.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildTwin } from "../../../../tools/bench/twin.mjs";
import { ROOT } from "../../../../tools/workerd/vault.mjs";
import { startVault } from "../vault.mjs";

export const SIDES = ["hookvault", "twin"];

/**
 * Starts a side; its other options are those of `startVault`.
 *
 * @param {"hookvault" | "twin"} name
 * @param {{ isTold?: boolean }} options `isTold`: each operation on a job's stores is told in the
 *   log, for `operations`
 */
export async function startSide(name, { isTold = false, change = (options) => options, ...rest } = {}) {
  const twin = name === "twin" ? await built() : {};
  const entry = isTold ? [await teller(name)] : [];
  return startVault({
    ...rest,
    change(options) {
      const own = { ...options, ...twin };
      return change({ ...own, modules: [...entry, ...own.modules] });
    },
  });
}

/** What was told so far, in order: `["storage.put", "record"]`. */
export const operations = ({ logs }) =>
  logs.map(({ message }) => /^operation (.*)/.exec(message)?.[1]).filter(Boolean).map(JSON.parse);

async function teller(name) {
  const text = await readFile(new URL("../entries/operations.mjs", import.meta.url), "utf8");
  const contents = text.replace('"SIDE"', name === "twin" ? '"./twin.js"' : '"./build/index.js"');
  return { type: "ESModule", path: name === "twin" ? "told.js" : join(ROOT, "told.js"), contents };
}

async function built() {
  const dir = await mkdtemp(join(tmpdir(), "hookvault-twin-"));
  try {
    return await buildTwin(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}
