// Rows in which the server of files misbehaves.
import { answers, cutsAt, liesBy, resets, resetsAt, stallsAt, untoldCutsAt,
  waitsForExpiry } from "../answers.mjs";
import { quiet } from "../quiet.mjs";
import { startTrap } from "../trap.mjs";

/** How long the Worker gets to deal with the fault itself, before its restart would. */
const MOMENT_MS = 10_000;

/** Makes a row with all jobs at once. The first `times` fetches of each file get the fault for the job's number. */
const source = (name, faults, { times = 1, rig = {} } = {}) => ({
  name: `source ${name}`,
  rig,
  async play(rig, count) {
    rig.injector.source = firstly(times, faults);
    await rig.untilStruck(await rig.submit(count));
    await quiet(rig, MOMENT_MS);
  },
});

/** Chooses the fault of a fetch. Only the last fault of a job counts as a strike. */
export const firstly = (times, faults) => ({ job, nth }) => {
  if (nth > times) return undefined;
  const fault = faults[Number(job) % faults.length];
  return nth === times ? fault : uncounted(fault);
};

const uncounted = (fault) => (exchange) => {
  exchange.strike = () => {};
  return fault(exchange);
};

/** The queue's result also names what must not be fetched: directly, and by a redirect. */
const hostile = {
  name: "result names a host that is not allowed",
  // Prevents healing meanwhile: the row itself delivers the result.
  rig: { knobs: { leaseMs: 3_600_000, webhook: { lose: ["completed"] } } },
  lasts: true,
  async play(rig, count) {
    const trap = await startTrap(rig);
    rig.injector.source = ({ path }) =>
      (path.endsWith("_9_redirected.mp4") ? answers(302, { location: trap.url }) : undefined);
    const ids = await rig.submit(count);
    await rig.queue.idle();
    await Promise.all(ids.map(async (id) => {
      const { video } = await rig.queue.result(id);
      const redirected = video.data_uri.replace(/\/\d+_0_.*$/, `/${id}_9_redirected.mp4`);
      const traps = { thumbnail: { url: `${trap.url}/${id}.png` }, upscaled: { url: redirected } };
      await rig.deliver(id, { eventType: "completed", jobId: Number(id), video, ...traps });
    }));
    await rig.untilStruck(ids);
    await quiet(rig, MOMENT_MS);
  },
};

export const sources = [
  source("answers 500 three times", [answers(500)], { times: 3 }),
  source("answers 429 with Retry-After", [answers(429, { "retry-after": "1" })]),
  source("resets the connection", [resets, resetsAt(0.5)], { times: 2 }),
  source("stalls", [stallsAt(0.5)]),
  source("truncates", [cutsAt(0.5), cutsAt(0.99)], { times: 2 }),
  source("lies about its length", [liesBy(1_000), liesBy(-1_000)]),
  source("tells no length and breaks off", [untoldCutsAt(0.95)],
    { rig: { knobs: { size: 6 * 1_048_576 } } }),
  source("down for a while", [resets], { times: 6 }),
  hostile,
  source("URL expires before the first try", [waitsForExpiry],
    { rig: { knobs: { expiresIn: 2 } } }),
];
