// The measures in a vault. Each returns the milliseconds of one operation.
import { once } from "node:events";
import WebSocket from "ws";
import { forget, tally } from "../workerd/counted.mjs";
import { API_TOKEN } from "../workerd/tokens.mjs";
import { eventually } from "../workerd/wait.mjs";

/** How many jobs' alarms run together; the mean of their runs is one figure. */
const RUNS = 10;
/** How many jobs change while nobody watches the feed. */
const MISSED = 10;
const DAY_MS = 86_400_000;
const headers = { authorization: `Bearer ${API_TOKEN}` };
let made = 0;

async function timed(ask, check) {
  const begun = performance.now();
  const response = await ask();
  const answer = await response.json();
  const took = performance.now() - begun;
  if (response.status !== 200 || !check(answer)) throw new Error(JSON.stringify(answer).slice(0, 300));
  return took;
}

const deliver = (vault, event) =>
  timed(() => vault.post(vault.hookUrl(), JSON.stringify(event)), ({ id }) => id === event.jobId);

function delivery({ vault }) {
  const now = Date.now();
  // The lease ends tomorrow, so that the vault does not ask the upstream, which does not exist here, before.
  const event = { eventType: "acquired", jobId: `new-${(made += 1)}`, acquiredAt: now, updatedAt: now, leaseExpiry: now + DAY_MS };
  return deliver(vault, event);
}

/** Delivers a late event of one of the many jobs: its row is one of its day's. */
function late({ vault, real }) {
  made += 1;
  return deliver(vault, { eventType: "failed", jobId: real(made), error: `again ${made}`, updatedAt: Date.now() });
}

const lookUp = (query) => ({ vault, real }) => {
  const id = real((made += 1));
  return timed(() => vault.get(`/jobs/${id}${query}`), (job) => job.id === id);
};

const page = (query) => ({ vault, cursor }) =>
  timed(() => vault.get(`/jobs?limit=50${query(cursor)}`), ({ jobs }) => jobs.length === 50);

/** Reads pages until `count` jobs are found: one page searches forty days at most. */
const search = (query, count) => async ({ vault }) => {
  const begun = performance.now();
  let found = 0;
  for (let cursor = ""; found < count && cursor !== null;) {
    const response = await vault.get(`/jobs?limit=50${query}${cursor && `&cursor=${cursor}`}`);
    const answer = await response.json();
    found += answer.jobs.length;
    cursor = answer.cursor;
  }
  if (found < count) throw new Error(`${found} found by ${query}`);
  return performance.now() - begun;
};

const stats = ({ vault, jobs }) => timed(() => vault.get("/stats"), (sums) => sums.jobs > jobs);

/**
 * Measures until the first lines of an export of real jobs arrive: the oldest ones, or the last few, which were
 * delivered today.
 */
const exported = (query) => async (side) => {
  const asked = await query(side);
  const begun = performance.now();
  const response = await side.vault.get(`/export${asked}`);
  const reader = response.body.getReader();
  const { value } = await reader.read();
  const took = performance.now() - begun;
  await reader.cancel();
  // Waits, because the vault writes a started page to its end, which delays the next request.
  await tally(side.vault);
  if (response.status !== 200 || !value?.includes(123)) throw new Error(`an export: ${response.status}`);
  return took;
};

/** Returns the query of an export that broke off right after the newest of the many jobs. */
function brokenOff({ last }) {
  return `?cursor=${encodeURIComponent(last)}`;
}

/** Changes a job, and returns the query of an export of everything that changed since. */
async function sinceNow({ vault, real }) {
  const since = Date.now();
  await deliver(vault, { eventType: "retried", jobId: real((made += 1)), updatedAt: since });
  await tally(vault);
  return `?since=${since}`;
}

/** Measures until a viewer who comes back knows what has changed meanwhile. */
async function missed({ vault, real }) {
  const first = await view(vault, "");
  const { seq } = await first.here();
  first.socket.terminate();
  const ids = Array.from({ length: MISSED }, () => real((made += 1)));
  for (const jobId of ids) await deliver(vault, { eventType: "retried", jobId, updatedAt: Date.now() });
  await tally(vault);
  const begun = performance.now();
  const second = await view(vault, `?after=${encodeURIComponent(seq)}`);
  await second.here();
  const took = performance.now() - begun;
  second.socket.terminate();
  const told = new Set(second.messages.map(({ job }) => job?.id));
  if (!ids.every((id) => told.has(id))) throw new Error(`missed: ${JSON.stringify(second.messages).slice(0, 300)}`);
  return took;
}

async function view(vault, query) {
  const socket = new WebSocket(`${vault.url.replace("http", "ws")}/live${query}`, { headers });
  const messages = [];
  socket.on("message", (data) => messages.push(JSON.parse(data)));
  await once(socket, "open");
  const isHere = ({ job, deleted, seq }) => !job && !deleted && seq !== undefined;
  return { socket, messages, here: () => eventually("the viewer is up to date", () => messages.find(isHere)) };
}

/** Returns the mean time of the alarm runs that some ended jobs need: for the catalog, the manifest, the copy in KV. */
async function run({ vault }) {
  await tally(vault);
  await forget(vault);
  for (let n = 0; n < RUNS; n += 1) await deliver(vault, { eventType: "failed", jobId: `run-${(made += 1)}`, error: "no luck" });
  const { runs } = await tally(vault);
  const ofJobs = runs.filter(({ who }) => who === "Job");
  return ofJobs.reduce((sum, { ms }) => sum + ms, 0) / ofJobs.length;
}

/**
 * Each measure, with how many operations make one figure (`each`), and how many figures (`turns`). In an `isMixed`
 * measure, rows vary with which events meet. A `scan` looks at each row of a day, or of all days. No index serves it,
 * so its time may grow, and the table says so.
 */
export const MEASURES = [
  // It comes first: a job's alarm rings five minutes after a delivery, so the vault would never be quiet later.
  { name: "a run of the alarm", one: run, each: 1, turns: 12, isMixed: true },
  { name: "the feed after a pause", one: missed, each: 1, turns: 12 },
  { name: "a delivery, new job", one: delivery, each: 5, turns: 40 },
  { name: "a delivery, old job", one: late, each: 5, turns: 40 },
  { name: "a look-up, from KV", one: lookUp(""), each: 5, turns: 40 },
  { name: "a look-up, from the object", one: lookUp("?wait=0"), each: 5, turns: 40 },
  { name: "the newest page", one: page(() => ""), each: 1, turns: 40 },
  { name: "a page further on", one: page((cursor) => `&cursor=${cursor}`), each: 1, turns: 40 },
  { name: "a page by status", one: page(() => "&status=failed"), each: 1, turns: 40 },
  { name: "a page by tag", one: page(() => "&tag=odd"), each: 1, turns: 40 },
  { name: "the sums", one: stats, each: 1, turns: 40 },
  { name: "an export's first lines", one: exported(() => ""), each: 1, turns: 20 },
  { name: "an export that goes on at its end", one: exported(brokenOff), each: 1, turns: 20 },
  { name: "an export of what has changed since", one: exported(sinceNow), each: 1, turns: 12, scan: true },
  { name: "a page of one rare status", one: search("&status=cancelled", 1), each: 1, turns: 12, scan: true },
  { name: "a page by `q`, of the oldest jobs", one: search("&q=real-", 50), each: 1, turns: 12, scan: true },
];

/** Measures the vaults in turns, one after the other. The first turns only warm up. */
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
