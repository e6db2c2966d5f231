// Jobs on their way to the catalog for the last time.

const isLast = ({ op, text }) => op === "CATALOG.ask" && text.includes('{"PutMany"') && text.includes('"archive":"stored"');

/** Submits jobs; resolves when each has ended, and its day is held from hearing so. */
export async function heldAtLast(rig, count) {
  rig.injector.binding = (step) => (isLast(step) && step.when === "before" ? "hold" : undefined);
  const ids = await rig.submit(count);
  await rig.until("all jobs are held", ids, (id) => rig.injector.holds(id));
  return ids;
}

/** Lets the days hear; resolves when they have noted it of all these jobs. */
export async function letThrough(rig, ids) {
  const noted = new Set();
  rig.injector.binding = (step) => {
    if (isLast(step) && step.when === "after") noted.add(step.job);
    return undefined;
  };
  rig.injector.release();
  await rig.until("the rows have come", ids, (id) => noted.has(id));
}
