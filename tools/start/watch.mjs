// Watches what the Worker is made of.
import { watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../setup/project.mjs";

const FOLDERS = ["src", "dashboard"];
const FILES = ["wrangler.toml", ".dev.vars", "openapi.json", "Cargo.toml", "Cargo.lock"];
/** An editor writes more than one file, and some of them twice. */
const SETTLE_MS = 200;

/**
 * Runs `work` after each change, and once more if there was one meanwhile.
 *
 * @returns {() => Promise<void>} ends it
 */
export function onChange(work, root = ROOT) {
  let [changed, busy, ended] = [false, false, false];
  const change = async () => {
    changed = true;
    if (busy) return;
    busy = true;
    while (changed && !ended) {
      await sleep(SETTLE_MS);
      changed = false;
      await work();
    }
    busy = false;
  };
  const watchers = [
    ...FOLDERS.map((folder) => watch(join(root, folder), { recursive: true }, change)),
    // Editors put a new file in the place of the old one: the folder tells of it.
    watch(root, (_, name) => FILES.includes(name) && change()),
  ];
  return async () => {
    ended = true;
    for (const watcher of watchers) watcher.close();
  };
}
