// The steps of a job's life. Each is played to its end in a vault that counts.
import { once } from "node:events";
import WebSocket from "ws";
import { columnsOf } from "./columns.mjs";
import { API_TOKEN } from "../workerd/vault.mjs";
import { forget, tally } from "../workerd/counted.mjs";
import { eventually } from "../workerd/wait.mjs";

const MIB = 1_048_576;
export const FILE_BYTES = 5 * MIB;
const DAY_MS = 86_400_000;

/**
 * Waits if midnight is near: a day's tables are created once, which would then happen in the middle of a job's life.
 */
export async function awaitMidnight() {
  const left = DAY_MS - (Date.now() % DAY_MS);
  if (left < 60_000) await new Promise((wake) => setTimeout(wake, left + 100));
}

/**
 * @param {object} vault a `LocalVault` with `change: counted` and the real pauses
 * @param {object} source `{ url, serve }`: `serve(path, before)` makes the path answer `FILE_BYTES` bytes after
 *   `before`
 * @returns {Promise<Record<string, { columns: object, asked: object, next: number | null }>>} all operations; those of
 *   the request itself, before an alarm rang; ms to the next alarm
 */
export async function life(vault, source) {
  const { steps, step, acquire, complete } = player(vault, source);
  await post(vault, { eventType: "failed", jobId: "before", error: "makes the day's tables" });
  await step("acquired", () => acquire("life"));
  await step("look-up, unfinished", () => vault.get("/jobs/life"));
  await step("completed", () => complete("life"));
  await step("look-up, finished", () => vault.get("/jobs/life"));
  const { files } = await (await vault.get("/jobs/life?wait=0")).json();
  await step("file", () => fetch(files[0].url, { headers: { connection: "close" } }));
  await step("page of two jobs", () => vault.get("/jobs"));
  await step("duplicate", () => complete("life"));
  return steps;
}

/** Plays two deliveries of a job while somebody watches the live feed. */
export async function watchedLife(vault, source) {
  const { steps, step, acquire, complete } = player(vault, source);
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const viewer = new WebSocket(`${vault.url.replace("http", "ws")}/live`, { headers });
  const told = [];
  viewer.on("message", (data) => told.push(JSON.parse(data)));
  await once(viewer, "open");
  // The first change after a pause costs other operations than those that follow.
  await post(vault, { eventType: "failed", jobId: "seen", error: "wakes the feed" });
  await eventually("the viewer gets the row", () => told.find(({ job }) => job?.id === "seen"));
  await step("acquired, watched", () => acquire("watched"));
  await step("completed, watched", () => complete("watched"));
  const isWhole = ({ job }) => job?.id === "watched" && job.archive === "stored";
  await eventually("the viewer gets the end", () => told.find(isWhole));
  viewer.terminate();
  return steps;
}

const post = (vault, event) => vault.post(vault.hookUrl(), JSON.stringify(event));

/** Returns functions that play and count steps, and that send a job's deliveries. */
function player(vault, source) {
  const steps = {};
  const step = async (name, act) => {
    await tally(vault);
    await forget(vault);
    const answer = await act();
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    const { counts, asked, runs, next } = await tally(vault);
    steps[name] = { columns: columnsOf(counts), asked, runs, next };
  };
  const now = Date.now();
  const acquire = (jobId) => post(vault, { eventType: "acquired", queueName: "free", jobId,
    workerName: "w", leaseExpiry: now + 45_000, acquiredAt: now, updatedAt: now });
  const complete = (jobId) => {
    const path = `/outputs/free/${jobId}.mp4`;
    // Holds the file back until everything else has come to rest.
    source.serve(path, () => tally(vault, 1));
    const url = source.url + path;
    return post(vault, { eventType: "completed", jobId, video: { data_uri: url, data_url: url } });
  };
  return { steps, step, acquire, complete };
}

/**
 * Plays a submission through the gateway.
 *
 * @param {Function} serve `serve(path, before)` makes the path answer as the upstream, after `before`
 */
export async function submission(vault, serve) {
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  // Two events still run: the client's request, and the object's wait for the upstream.
  serve("/queue/m", () => tally(vault, 2));
  await tally(vault);
  await forget(vault);
  const answer = await vault.post("/queue/m", JSON.stringify({ prompt: "x" }), headers);
  if (answer.status !== 200) throw new Error(`submission: ${answer.status} ${await answer.text()}`);
  const { counts, asked, next } = await tally(vault);
  return { columns: columnsOf(counts), asked, next };
}
