// The steps of a job's life, each played to its end in a vault that counts.
import { columnsOf } from "./columns.mjs";
import { API_TOKEN } from "../workerd/vault.mjs";
import { forget, tally } from "../workerd/counted.mjs";

const MIB = 1_048_576;
export const FILE_BYTES = 5 * MIB;
const DAY_MS = 86_400_000;

/** The day's tables are made once; near midnight that would be in the middle of a job's life. */
export async function awaitMidnight() {
  const left = DAY_MS - (Date.now() % DAY_MS);
  if (left < 60_000) await new Promise((wake) => setTimeout(wake, left + 100));
}

/**
 * @param {object} vault a `LocalVault` with `change: counted` and the real pauses
 * @param {object} source `{ url, serve }`: has `serve(path, before)` give `FILE_BYTES` after `before`
 * @returns {Promise<Record<string, { columns: object, asked: object, next: number | null }>>}
 *   all operations; those of the request itself, before an alarm rang; ms to the next alarm
 */
export async function life(vault, source) {
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
  const deliver = (event) => vault.post(vault.hookUrl(), JSON.stringify(event));
  const now = Date.now();
  const acquired = (jobId) => ({ eventType: "acquired", queueName: "free", jobId,
    workerName: "w", leaseExpiry: now + 45_000, acquiredAt: now, updatedAt: now });
  const url = `${source.url}/outputs/free/video.mp4`;
  const completed = { eventType: "completed", jobId: "life", video: { data_uri: url, data_url: url } };
  // While the file is on its way the catalog has told `root`: two announcements, not one.
  source.serve("/outputs/free/video.mp4", () => tally(vault, 1));

  await deliver({ eventType: "failed", jobId: "before", error: "makes the day's tables" });
  await step("acquired", () => deliver(acquired("life")));
  await step("look-up, unfinished", () => vault.get("/jobs/life"));
  await step("completed", () => deliver(completed));
  await step("look-up, finished", () => vault.get("/jobs/life"));
  const { files } = await (await vault.get("/jobs/life?wait=0")).json();
  await step("file", () => fetch(files[0].url, { headers: { connection: "close" } }));
  await step("page of two jobs", () => vault.get("/jobs"));
  await step("duplicate", () => deliver(completed));
  return steps;
}

/**
 * A submission through the gateway.
 *
 * @param {Function} serve has `serve(path, before)` answer as the upstream, after `before`
 */
export async function submission(vault, serve) {
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  // The client's request and the object's wait for the upstream.
  serve("/queue/m", () => tally(vault, 2));
  await tally(vault);
  await forget(vault);
  const answer = await vault.post("/queue/m", JSON.stringify({ prompt: "x" }), headers);
  if (answer.status !== 200) throw new Error(`submission: ${answer.status} ${await answer.text()}`);
  const { counts, asked, next } = await tally(vault);
  return { columns: columnsOf(counts), asked, next };
}
