// What is measured in a vault: each returns the milliseconds of one.
import { forget, tally } from "../workerd/counted.mjs";
import { nameOf } from "./fill.mjs";

/** Jobs whose alarms run together; their runs' mean is one figure. */
const RUNS = 10;
const DAY_MS = 86_400_000;
let made = 0;

/** One of the many, another each time: not of the last day, which may have less. */
function someJob({ days, perDay, jobs }) {
  const n = (made += 1);
  const full = Math.min(days, Math.floor(jobs / perDay));
  return nameOf(1 + (n % full), (n * 7) % perDay);
}

async function timed(ask, check) {
  const begun = performance.now();
  const response = await ask();
  const answer = await response.json();
  const took = performance.now() - begun;
  if (response.status !== 200 || !check(answer)) throw new Error(JSON.stringify(answer).slice(0, 300));
  return took;
}

function delivery({ vault }) {
  const jobId = `new-${(made += 1)}`;
  const now = Date.now();
  // A lease that ends tomorrow: the upstream, which there is none of, is not asked before.
  const leaseExpiry = now + DAY_MS;
  const event = { eventType: "acquired", jobId, acquiredAt: now, updatedAt: now, leaseExpiry };
  return timed(() => vault.post(vault.hookUrl(), JSON.stringify(event)), ({ id }) => id === jobId);
}

/** The second event of a job that is among the many, so that its day has as many rows. */
function late(side) {
  const { vault } = side;
  const jobId = someJob(side);
  const event = { eventType: "failed", jobId, error: `again ${made}`, updatedAt: Date.now() };
  return timed(() => vault.post(vault.hookUrl(), JSON.stringify(event)), ({ id }) => id === jobId);
}

function lookUp(query) {
  return (side) => {
    const id = someJob(side);
    return timed(() => side.vault.get(`/jobs/${id}${query}`), (job) => job.id === id);
  };
}

function page(query) {
  return ({ vault, cursor }) =>
    timed(() => vault.get(`/jobs?limit=50${query(cursor)}`), ({ jobs }) => jobs.length === 50);
}

/** The mean of the runs that some ended jobs need: the catalog, the manifest, the copy in KV. */
async function run(side) {
  await tally(side.vault);
  await forget(side.vault);
  for (let n = 0; n < RUNS; n += 1) {
    const event = { eventType: "failed", jobId: `run-${(made += 1)}`, error: "no luck" };
    await timed(() => side.vault.post(side.vault.hookUrl(), JSON.stringify(event)), ({ id }) => id);
  }
  const { runs } = await tally(side.vault);
  const ofJobs = runs.filter(({ who }) => who === "Job");
  return ofJobs.reduce((sum, { ms }) => sum + ms, 0) / ofJobs.length;
}

/** Each with how many make one figure, and how many figures. */
export const MEASURES = [
  // The first: five minutes after a delivery its job's alarm rings, and it would never be quiet.
  { name: "a run of the alarm", one: run, each: 1, turns: 12 },
  { name: "a delivery, new job", one: delivery, each: 5, turns: 40 },
  { name: "a delivery, old job", one: late, each: 5, turns: 40 },
  { name: "a look-up, from KV", one: lookUp(""), each: 5, turns: 40 },
  { name: "a look-up, from the object", one: lookUp("?wait=0"), each: 5, turns: 40 },
  { name: "the newest page", one: page(() => ""), each: 1, turns: 40 },
  { name: "a page further on", one: page((cursor) => `&cursor=${cursor}`), each: 1, turns: 40 },
  { name: "a page by status", one: page(() => "&status=failed"), each: 1, turns: 40 },
  { name: "a page by tag", one: page(() => "&tag=odd"), each: 1, turns: 40 },
];

/** Turn by turn, the one after the other; the first turns warm up. */
export async function measured({ one, each, turns }, sides) {
  const times = sides.map(() => []);
  for (let turn = -2; turn < turns; turn += 1) {
    for (const [n, side] of sides.entries()) {
      let sum = 0;
      for (let k = 0; k < each; k += 1) sum += await one(side);
      if (turn >= 0) times[n].push(sum / each);
    }
  }
  return times;
}
