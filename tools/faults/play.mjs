// Plays one row: the fault, a restart, rest, the verdict.
import { judge } from "./judge.mjs";
import { quiet } from "./quiet.mjs";
import { startRig } from "./rig.mjs";

/** The least share of struck jobs: below it a row proves nothing. */
export const MIN_STRUCK = 0.9;

/**
 * @param {import("./rows.mjs").Row} row
 * @param {{ jobs: number, limitMs: number }} options `limitMs` only ends a broken run: it limits the time until the
 *   fault has struck, and then the wait for rest
 */
export async function play(row, { jobs, limitMs }) {
  const started = performance.now();
  const rig = await startRig(row.rig, limitMs);
  try {
    await row.play(rig, jobs);
    await rig.queue.idle();
    // Counts before the restart, which would itself strike jobs that waited in vain.
    const struck = rig.injector.struck.size;
    if (!row.lasts) rig.injector.calm();
    await rig.vault.restart();
    await quiet(rig, limitMs);
    const { counts, notes } = await judge(rig);
    const isRed = struck < jobs * MIN_STRUCK || Object.values(counts).some((count) => count > 0);
    const seconds = (performance.now() - started) / 1_000;
    return { name: row.name, jobs, struck, counts, notes, seconds, isRed };
  } finally {
    await rig.stop();
  }
}
