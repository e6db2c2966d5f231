// Vaults with many jobs, filled through `POST /restore`: deliveries would take hours.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { counted } from "../workerd/counted.mjs";
import { statOf, workerds } from "../workerd/process.mjs";
import { API_TOKEN, LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";

const DAY_MS = 86_400_000;
/** Objects stay open for ten seconds: more at a time would run out of file descriptors. */
const PER_SECOND = 250;
const headers = { authorization: `Bearer ${API_TOKEN}` };

/** The name of the `n`th job of a day. */
export const nameOf = (day, n) => `d${String(day).padStart(3, "0")}-${String(n).padStart(6, "0")}`;

/** A vault with so many jobs on so many days, at rest; its Worker counts, as `counted` does. */
export async function filled({ jobs, days }) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-growth-"));
  let change = (options) => options;
  // The real pauses: what is tried again all the time would never be at rest.
  const vars = { RETRY_BASE_MS: null };
  const vault = new LocalVault({ dir, vars, change: (options) => change(options) });
  await vault.start();
  const model = await manifest(vault);
  const perDay = Math.ceil(jobs / days);
  for (let day = 1; day <= days; day += 1) {
    const count = Math.min(perDay, jobs - (day - 1) * perDay);
    if (count > 0) await putDay(vault, model, day, count);
    if (day % 10 === 0) console.log(`${jobs} jobs: manifests of ${day} days written`);
  }
  await restore(vault, jobs);
  await rest();
  // What counts keeps an eye on each object: it would have 100,000 of them.
  change = counted;
  await vault.restart();
  return { vault, jobs, days, perDay, cursor: await quarter(vault, days) };
}

/** The manifest of a job like those that there will be. */
async function manifest(vault) {
  const body = JSON.stringify({ eventType: "failed", jobId: "model", error: "no luck" });
  await vault.post(`${vault.hookUrl()}?tag=odd`, body);
  const bucket = await vault.bucket();
  return eventually("a manifest", async () => {
    const { objects: [object] } = await bucket.list({ prefix: "manifests/" });
    return object && (await (await bucket.get(object.key)).text());
  });
}

async function putDay(vault, model, day, count) {
  const bucket = await vault.bucket();
  const from = Math.floor(Date.now() / DAY_MS - day) * DAY_MS;
  const date = new Date(from).toISOString().slice(0, 10);
  const put = (n) => {
    const id = nameOf(day, n);
    const text = model
      .replaceAll("id:model", `id:${id}`)
      .replaceAll('"id":"model"', `"id":"${id}"`)
      .replace(/"createdAt":\d+/, `"createdAt":${from + Math.floor((n * DAY_MS) / count)}`)
      .replace('"tags":["odd"]', n % 2 ? '"tags":["odd"]' : '"tags":[]');
    return bucket.put(`manifests/${date}/${id}.json`, text);
  };
  for (let n = 0; n < count; n += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - n) }, (_, k) => put(n + k)));
  }
}

async function restore(vault, jobs) {
  const begun = Date.now();
  let restored = 0;
  for (let cursor = ""; cursor !== null; ) {
    const more = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const response = await vault.post(`/restore?limit=250${more}`, "", headers);
    const answer = await response.json();
    if (answer.failed?.length !== 0) throw new Error(JSON.stringify(answer));
    restored += answer.restored + answer.known;
    cursor = answer.cursor;
    if (restored % 10_000 < 250) console.log(`${jobs} jobs: ${restored} restored`);
    const due = begun + (restored / PER_SECOND) * 1_000;
    await new Promise((wake) => setTimeout(wake, Math.max(0, due - Date.now())));
  }
  const isWhole = async () => {
    const stats = await (await vault.get("/stats")).json();
    return stats.jobs === jobs + 1 || undefined;
  };
  await eventually("the catalog knows all", isWhole, { limitMs: 600_000 });
}

/** Where a quarter of the jobs has been passed. */
async function quarter(vault, days) {
  const until = (Math.floor(Date.now() / DAY_MS) - days / 4) * DAY_MS;
  const { cursor } = await (await vault.get(`/jobs?limit=1&until=${until}`)).json();
  return cursor;
}

/** Waits until the runtime has nothing to do any more: what was restored is published again. */
async function rest() {
  const ticks = () => workerds().reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0);
  await eventually("the runtime is at rest", async () => {
    const before = ticks();
    await sleep(2_000);
    return ticks() - before < 10 || undefined;
  }, { limitMs: 900_000 });
}
