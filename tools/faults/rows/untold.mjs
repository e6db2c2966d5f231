// Rows in which the catalog does not learn of a job that waits.
import { eventually } from "../../workerd/wait.mjs";
import { listing } from "../quiet.mjs";
import { BATCH, BY_ITSELF, inBatches, results } from "./kills.mjs";

/**
 * How long to wait for the list's safety net for a job that waits. It acts after five minutes at the real pace, after
 * four seconds in these rows.
 */
const NET_MS = 20_000;
/** A sender retries once. */
const SENDER_TRIES = 2;

/**
 * Makes a row in which the list does not learn of jobs that were only accepted. It must learn of them although nothing
 * more arrives: only then are they struck. `spoil` loses the messages until it returns.
 */
const untold = (name, spoil) => ({
  name,
  rig: { ...BY_ITSELF, shims: true },
  play: (rig, count) => inBatches(count, BATCH, async (size) => {
    const isNew = ({ op, when, text }) => op === "CATALOG.ask" && when === "before" && text.includes('"status":"acquired"');
    const ids = await spoil(rig, isNew, size);
    const listed = await eventually("they are listed", async () => {
      const rows = await listing(rig.vault);
      return ids.every((id) => rows.has(id)) ? rows : undefined;
    }, { limitMs: NET_MS }).catch(() => listing(rig.vault));
    for (const id of ids.filter((one) => listed.has(one))) rig.injector.strike(id);
    const bodies = await results(rig, ids);
    await Promise.all([...bodies].map(([id, body]) => rig.deliver(id, body)));
  }),
});

const untoldByDeath = untold("kill -9 after the ack, before the list hears", async (rig, isNew, size) => {
  rig.injector.binding = (step) => (isNew(step) ? "hold" : undefined);
  const ids = await rig.submit(size);
  await rig.until("all jobs are held", ids, (id) => rig.injector.holds(id));
  rig.injector.binding = () => undefined;
  await rig.vault.kill();
  rig.injector.release();
  return ids;
});

/** Each row of the list fails as often as a sender tries. */
const untoldByFailure = untold("the catalog fails twice for a new job", async (rig, isNew, size) => {
  const failed = new Map();
  rig.injector.binding = (step) => {
    const times = failed.get(step.job) ?? 0;
    if (!isNew(step) || times === SENDER_TRIES) return undefined;
    failed.set(step.job, times + 1);
    return "fail";
  };
  const ids = await rig.submit(size);
  await rig.until("all have failed", ids, (id) => failed.get(id) === SENDER_TRIES);
  return ids;
});

export const untoldRows = [untoldByDeath, untoldByFailure];
