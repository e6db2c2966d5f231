// Rows in which messages between a day and the catalog's root cross. While jobs change, somebody asks for the sums, or
// comes back to the live feed.
import { eventually } from "../../workerd/wait.mjs";
import { quiet } from "../quiet.mjs";
import { Viewer } from "../viewer.mjs";
import { inBatches } from "./kills.mjs";
import { heldAtLast, letThrough } from "./last.mjs";

/** How many jobs at a time: few, because a day waits two seconds for root, and then goes on without it. */
const BATCH = 10;
const MOMENT_MS = 1_500;
const REST_MS = 10_000;

const isWord = (text) => text.startsWith('root {"Dirty"');
const isPull = (text) => text.includes('{"Sums"');
const isPush = (text) => text.startsWith('root {"Push"');

/** Asks for the sums: root pulls them from each day that has reported a change. */
const sums = async (rig) => (await rig.vault.get("/stats")).text();

/** Holds the replies to matching commands until `open`. `are` tells whether this many are held within a moment. */
function answersHeld(rig, isIt) {
  const gate = Promise.withResolvers();
  const held = { count: 0, open: gate.resolve };
  held.are = (count) => eventually("they are held", () => held.count >= count || undefined, { limitMs: MOMENT_MS })
    .catch(() => false);
  rig.injector.nameless = ({ when, text }) => {
    if (when !== "after" || !isIt(text)) return undefined;
    held.count += 1;
    return gate.promise;
  };
  return held;
}

/**
 * Makes a row. `cross` gets jobs that are about to change for the last time, and returns whether the fault struck them.
 */
const crossing = (name, cross) => ({
  name,
  rig: { shims: true },
  async play(rig, count) {
    await inBatches(count, BATCH, async (size) => {
      const ids = await heldAtLast(rig, size);
      if (await cross(rig, ids)) for (const id of ids) rig.injector.strike(id);
    });
    // Waits, because a run that the restart interrupts would send its row again, and the day would report to root.
    await quiet(rig, REST_MS);
  },
});

/** Root learns that the day is about to change, and pulls before it has changed. */
const pulledBefore = crossing("sums pulled between word and change", async (rig, ids) => {
  await sums(rig); // so that the next change has to be reported
  const words = answersHeld(rig, isWord);
  const noted = letThrough(rig, ids);
  const areAll = await words.are(ids.length);
  await sums(rig);
  words.open();
  await noted;
  return areAll;
});

/** The sums are on their way to root while the day changes. */
const changedAfter = crossing("a change while sums are on their way", async (rig, ids) => {
  const pulls = answersHeld(rig, isPull);
  const answer = sums(rig);
  const isAsked = await pulls.are(1);
  await letThrough(rig, ids);
  pulls.open();
  await answer;
  return isAsked;
});

/** The changes that a viewer has missed are on their way to it, while other jobs change. */
const cameBack = {
  name: "a viewer comes back amid changes",
  rig: { shims: true },
  async play(rig, count) {
    rig.viewer = new Viewer(rig.vault);
    rig.onStop(() => rig.viewer.leave());
    await rig.viewer.come();
    await inBatches(count, 2 * BATCH, async (size) => {
      const missed = await heldAtLast(rig, Math.ceil(size / 2));
      await rig.until("the viewer knows them", missed, (id) => rig.viewer.told.has(id));
      rig.viewer.leave();
      await letThrough(rig, missed);
      const late = await heldAtLast(rig, Math.floor(size / 2));
      if (await comesBack(rig, late)) for (const id of [...missed, ...late]) rig.injector.strike(id);
    });
  },
};

/** Returns whether these jobs changed while root asked what the viewer has missed. */
async function comesBack(rig, ids) {
  const pulls = answersHeld(rig, isPull);
  const isHere = rig.viewer.come();
  const isAsked = await pulls.are(1);
  const pushed = new Set();
  rig.injector.binding = ({ when, job, text }) => {
    if (when === "after" && isPush(text)) pushed.add(job);
    return undefined;
  };
  rig.injector.release();
  await rig.until("the day has told root of all", ids, (id) => pushed.has(id));
  pulls.open();
  await isHere;
  return isAsked;
}

export const crossings = [pulledBefore, changedAfter, cameBack];
