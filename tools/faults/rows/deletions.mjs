// Rows in which jobs are deleted while some of their work still runs.
import { setTimeout as sleep } from "node:timers/promises";
import { quiet } from "../quiet.mjs";
import { heldAtLast, letThrough } from "./last.mjs";

const MOMENT_MS = 20_000;
/**
 * When the second sweep is over. At the real pace it comes a minute after DELETE, in these rows after three quarters of
 * a second.
 */
const SECOND_SWEEP_MS = 1_500;

/** A row is on its way to the catalog when its job is deleted, and arrives later. */
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

/** A write that an instance left behind when it was reset ends after the stores were wiped twice. */
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
