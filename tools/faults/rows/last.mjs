// Holds jobs on their last way to the catalog.

const isLast = ({ op, text }) => op === "CATALOG.ask" && text.includes('{"PutMany"') && text.includes('"archive":"stored"');

/** Submits jobs, and resolves when each has ended and its last row is held before it reaches its day. */
export async function heldAtLast(rig, count) {
  rig.injector.binding = (step) => (isLast(step) && step.when === "before" ? "hold" : undefined);
  const ids = await rig.submit(count);
  await rig.until("all jobs are held", ids, (id) => rig.injector.holds(id));
  return ids;
}

/** Lets the rows go, and resolves when the days have noted all of these jobs. */
export async function letThrough(rig, ids) {
  const noted = new Set();
  rig.injector.binding = (step) => {
    if (isLast(step) && step.when === "after") noted.add(step.job);
    return undefined;
  };
  rig.injector.release();
  await rig.until("the rows have come", ids, (id) => noted.has(id));
}
