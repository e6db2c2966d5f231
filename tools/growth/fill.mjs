// Makes vaults with many jobs. A job's own object does not know how many others there are, but the catalog does. So its
// rows are written directly, by its own command. Some jobs are real, restored from manifests, for what needs their
// objects: deliveries, look-ups, an export.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { counted, tally } from "../workerd/counted.mjs";
import { API_TOKEN, LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";

const DAY_MS = 86_400_000;
/** How many rows a request sends to the vault. */
const AT_ONCE = 5_000;
/** How many jobs are real. They are the oldest, without gaps, so that the first page of an export is full. */
export const REAL = 50;
const FILLING = fileURLToPath(new URL("worker/fill.mjs", import.meta.url));
const headers = { authorization: `Bearer ${API_TOKEN}` };

/** Makes the Worker fillable: pass it as `change` of a `LocalVault`. */
const filling = (options) => ({ ...options, modules: [{ type: "ESModule", path: FILLING }, ...options.modules] });

const realName = (n) => `real-${String(n).padStart(3, "0")}`;
const dateOf = (time) => new Date(time).toISOString().slice(0, 10);

/**
 * Returns a vault with this many jobs on this many days, of which today is the last. Its Worker counts, as `counted`
 * does.
 *
 * @param {{ jobs: number, days: number, tell?: (line: string) => void }} size
 */
export async function filled({ jobs, days, tell = () => {} }) {
  const begun = Date.now();
  const dir = mkdtempSync(join(tmpdir(), "hookvault-growth-"));
  // Uses the real pauses: a vault that retries all the time would never be at rest.
  const vault = new LocalVault({ dir, vars: { RETRY_BASE_MS: null }, change: (options) => counted(filling(options)) });
  await vault.start();
  const manifest = await model(vault);
  const today = Math.floor(begun / DAY_MS) * DAY_MS;
  const oldest = today - (days - 1) * DAY_MS;
  await restore(vault, manifest, oldest);
  let made = REAL;
  for (let day = 0; day < days; day += 1) {
    const share = Math.max(0, Math.round(((day + 1) * jobs) / days) - made);
    await fillDay(vault, { from: oldest + day * DAY_MS, until: begun, count: share, first: made });
    made += share;
    if (day % 10 === 9) tell(`${jobs} jobs: ${made} are there`);
  }
  // The model is one job more.
  await known(vault, jobs + 1);
  await tally(vault);
  tell(`${jobs} jobs on ${days} ${days === 1 ? "day" : "days"}: filled in ${Math.round((Date.now() - begun) / 1_000)} s`);
  return { vault, jobs, days, real: (n) => realName(n % REAL), last: await lastOf(vault), cursor: await quarter(vault, oldest, begun) };
}

/** Delivers a job that is the model of all others: its row goes to the catalog, its manifest is returned. */
async function model(vault) {
  const body = JSON.stringify({ eventType: "failed", jobId: "model", error: "no luck" });
  await vault.post(`${vault.hookUrl()}?tag=odd`, body);
  const bucket = await vault.bucket();
  return eventually("a manifest", async () => {
    const { objects: [object] } = await bucket.list({ prefix: "manifests/" });
    return object && (await (await bucket.get(object.key)).text());
  });
}

/** Restores the real jobs, the oldest of all, a millisecond apart. */
async function restore(vault, manifest, from) {
  const bucket = await vault.bucket();
  await Promise.all(Array.from({ length: REAL }, (_, n) => {
    const id = realName(n);
    const text = manifest.replaceAll("id:model", `id:${id}`).replaceAll('"id":"model"', `"id":"${id}"`)
      .replace(/"createdAt":\d+/, `"createdAt":${from + n}`);
    return bucket.put(`manifests/${dateOf(from)}/${id}.json`, text);
  }));
  for (let cursor = ""; cursor !== null;) {
    const response = await vault.post(`/restore?limit=250${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, "", headers);
    const answer = await response.json();
    if (answer.failed?.length !== 0) throw new Error(JSON.stringify(answer));
    cursor = answer.cursor;
  }
  await known(vault, REAL + 1);
}

/** Fills a day with rows, evenly from its start to its end, or to `until`. Every other row has a tag. */
async function fillDay(vault, { from, until, count, first }) {
  const span = Math.min(DAY_MS, until - from) - REAL;
  const row = (n) => ({
    id: `d${String(first + n).padStart(7, "0")}`,
    createdAt: from + REAL + Math.floor((n * Math.max(1, span)) / count),
    tags: n % 2 ? ["odd"] : [],
    // Only one job has this status: finding it takes either every row or sums.
    ...(first + n === REAL && { status: "cancelled" }),
  });
  for (let n = 0; n < count; n += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, k) => row(n + k));
    const response = await vault.post("/.fill", JSON.stringify({ day: dateOf(from), rows }));
    if (!response.ok) throw new Error(await response.text());
    await response.arrayBuffer();
  }
}

const known = (vault, jobs) => eventually("the catalog knows all", async () => {
  const stats = await (await vault.get("/stats")).json();
  return stats.jobs === jobs || undefined;
}, { limitMs: 600_000 });

/** Returns the position of the newest row that is not a real job's: only the model is newer. */
async function lastOf(vault) {
  const { jobs } = await (await vault.get("/jobs?limit=200")).json();
  const { createdAt, id } = jobs.find(({ id: name }) => name !== "model");
  return `${createdAt}:${id}`;
}

/** Returns a cursor after the newest quarter of the time, and so of the jobs. */
async function quarter(vault, oldest, newest) {
  const until = Math.round(newest - (newest - oldest) / 4);
  return (await (await vault.get(`/jobs?limit=1&until=${until}`)).json()).cursor;
}
