// Rows in which jobs are deleted while something of them is still under way.
import { setTimeout as sleep } from "node:timers/promises";
import { quiet } from "../quiet.mjs";
import { heldAtLast, letThrough } from "./last.mjs";

const MOMENT_MS = 20_000;
/** The second sweep comes a minute after DELETE at the real pace, and after three quarters of a second at that of these rows. */
const SECOND_SWEEP_MS = 1_500;

/** A row that is on its way to the catalog when its job is deleted, and gets there later. */
const lateRow = {
  name: "deleted before the catalog hears",
  rig: { shims: true },
  async play(rig, count) {
    const ids = await heldAtLast(rig, count);
    await Promise.all(ids.map((id) => rig.delete(id)));
    rig.injector.strikeHeld();
    await letThrough(rig, ids);
  },
};

/** What an instance that was reset has left under way ends when the stores have been wiped twice. */
const lateWrite = {
  name: "a write ends after the sweeps",
  rig: {},
  async play(rig, count) {
    const ids = await rig.submit(count);
    await rig.queue.idle();
    await quiet(rig, MOMENT_MS);
    await Promise.all(ids.map((id) => rig.delete(id)));
    await sleep(SECOND_SWEEP_MS);
    const bucket = await rig.vault.bucket();
    for (const id of ids) {
      await bucket.put(`jobs/${id}/0-late.mp4`, "late");
      rig.injector.strike(id);
    }
    for (const end = Date.now() + MOMENT_MS; Date.now() < end; await sleep(200)) {
      const { objects } = await bucket.list({ prefix: "jobs/" });
      if (objects.length === 0) return;
    }
  },
};

export const deletions = [lateRow, lateWrite];
