// Rows in which workerd is killed while all jobs of a batch are at the same step.
import { setTimeout as sleep } from "node:timers/promises";
import { holds, holdsAt, tellsNoLength } from "../answers.mjs";

export const BATCH = 20;
/** How many uploads at a time: the Worker's memory has no room for more. */
const UPLOADS = 8;

/** Prevents healing meanwhile: the row itself delivers the results. */
export const BY_ITSELF = { knobs: { leaseMs: 3_600_000, webhook: { lose: ["completed"] } } };

/** Makes a row with one kill for each batch, as soon as all its jobs are held. */
const killing = (name, hold, rig = {}, batch = BATCH) => ({
  name: `kill -9 ${name}`,
  rig,
  play: (rig, count) => inBatches(count, batch, async (size) => {
    const atFirst = (fault) => (at) => (rig.injector.struck.has(at.job) ? undefined : fault(at));
    hold(rig.injector, atFirst);
    await rig.killHeld(await rig.submit(size));
  }),
});

export async function inBatches(count, most, play) {
  for (let left = count; left > 0; left -= most) await play(Math.min(most, left));
}

const atShare = (share) => killing(`at ${share * 100} % of a copy`, (injector, atFirst) => {
  injector.source = atFirst(() => holdsAt(share));
}, { knobs: { size: 1_048_576 } });

const atStep = (name, isStep) => killing(name, (injector, atFirst) => {
  injector.binding = atFirst((step) => (isStep(step) ? "hold" : undefined));
}, { shims: true });

const rightAfterAck = {
  name: "kill -9 right after the ack",
  rig: {},
  // Few at a time: the first job's ack is as old as the last job's delivery took.
  play: (rig, count) => inBatches(count, 5, async (size) => {
    rig.injector.source = ({ job }) => (rig.injector.struck.has(job) ? undefined : holds);
    const ids = await rig.submit(size);
    await rig.queue.told(ids, "completed");
    for (const id of ids) rig.injector.strike(id);
    await rig.kill();
  }),
};

/**
 * Kills a little later in each batch, at the latest when one delivery has its ack. Deliveries without an ack are sent
 * again.
 */
const amidDeliveries = {
  name: "kill -9 amid deliveries",
  rig: BY_ITSELF,
  play: (rig, count) => inBatches(count, BATCH, async (size) => {
    const bodies = await results(rig, await rig.submit(size));
    const deliver = async (id) => {
      const status = await rig.deliver(id, bodies.get(id));
      if (status !== 200) throw new Error(`job ${id}: ${status}`);
      bodies.delete(id);
    };
    const sent = [...bodies.keys()].map(deliver);
    await Promise.race([Promise.any(sent), sleep(5 + rig.queue.ids.length / 4)]);
    for (const id of bodies.keys()) rig.injector.strike(id);
    await rig.kill();
    await Promise.allSettled(sent);
    await Promise.all([...bodies.keys()].map(deliver));
  }),
};

/** Returns the `completed` body of each of these jobs, as soon as all have ended. */
export async function results(rig, ids) {
  await rig.queue.idle();
  return new Map(await Promise.all(ids.map(async (id) =>
    [id, { eventType: "completed", jobId: Number(id), ...await rig.queue.result(id) }])));
}

/**
 * Kills while results are just before or after their jobs' objects. A sender without a response sends the same again.
 */
const atTheObject = (name, when) => ({
  name: `kill -9 ${name}`,
  rig: { ...BY_ITSELF, shims: true },
  play: (rig, count) => inBatches(count, BATCH, async (size) => {
    const bodies = await results(rig, await rig.submit(size));
    const isIt = ({ op, text, job }) => op === "JOBS.ask" && text.includes("Deliver") && text.includes("completed")
      && !rig.injector.struck.has(job);
    rig.injector.binding = (step) => (step.when === when && isIt(step) ? "hold" : undefined);
    const deliver = ([id, body]) => rig.deliver(id, body);
    const sent = [...bodies].map(deliver);
    await rig.killHeld([...bodies.keys()]);
    await Promise.all(sent);
    const statuses = await Promise.all([...bodies].map(deliver));
    if (statuses.some((status) => status !== 200)) throw new Error(`sent once more: ${statuses}`);
  }),
});

export const kills = [
  rightAfterAck,
  amidDeliveries,
  ...[0.1, 0.5, 0.9].map(atShare),
  atStep("between the R2 put and the record", ({ op, when }) =>
    op === "FILES.put" && when === "after"),
  atTheObject("before a delivery is written", "before"),
  atTheObject("on a written delivery, before the ack", "after"),
  atStep("before the manifest", ({ op, when, text }) => op === "FILES.put" && when === "before" && text.startsWith("manifests/")),
  atStep("after the manifest", ({ op, when, text }) => op === "FILES.put" && when === "after" && text.startsWith("manifests/")),
  atStep("after KV", ({ op, when }) => op === "RECORDS.put" && when === "after"),
  atStep("before KV", ({ op, when }) => op === "RECORDS.put" && when === "before"),
  atStep("after the catalog", ({ op, when, text }) =>
    op === "CATALOG.ask" && when === "after" && text.includes('"archive":"stored"')),
  atStep("before the catalog", ({ op, when, text }) =>
    op === "CATALOG.ask" && when === "before" && text.includes('"archive":"stored"')),
  killing("in a multipart upload", (injector, atFirst) => {
    injector.source = () => tellsNoLength;
    injector.binding = atFirst(({ op, when }) =>
      (op === "UPLOAD.uploadPart" && when === "after" ? "hold" : undefined));
  }, { shims: true, knobs: { size: 6 * 1_048_576 } }, UPLOADS),
];
