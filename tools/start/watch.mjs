// Watches the Worker's sources.
import { watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../setup/project.mjs";

const FOLDERS = ["src", "dashboard"];
const FILES = ["wrangler.toml", ".dev.vars", "openapi.json", "Cargo.toml", "Cargo.lock"];
/** Milliseconds to wait after a change: an editor writes several files, and some of them twice. */
const SETTLE_MS = 200;

/**
 * Runs `work` after each change, and once more if something changed meanwhile.
 *
 * @returns {() => Promise<void>} stops watching
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
    // Watches the folder, because editors replace the file instead of writing it.
    watch(root, (_, name) => FILES.includes(name) && change()),
  ];
  return async () => {
    ended = true;
    for (const watcher of watchers) watcher.close();
  };
}
