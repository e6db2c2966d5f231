// `npm run growth [-- --jobs 100000]`: how the time of a page of `GET /jobs` grows with the number
// of jobs. Two vaults are filled through `POST /restore`, one with a hundred jobs on two days, one
// with many on sixty; then pages are read from both in turns.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { main } from "./setup/run.mjs";
import { setup } from "./setup.mjs";
import { API_TOKEN, LocalVault } from "./workerd/vault.mjs";
import { eventually } from "./workerd/wait.mjs";

const FEW = { jobs: 100, days: 2 };
const DAY_MS = 86_400_000;
const ROUNDS = 40;
/** Objects stay open for ten seconds: more at a time would run out of file descriptors. */
const PER_SECOND = 250;
const headers = { authorization: `Bearer ${API_TOKEN}` };

const { values } = parseArgs({ options: { jobs: { type: "string", default: "100000" } } });
const MANY = { jobs: Number(values.jobs), days: 60 };

/** What is asked for: the newest page, one further on, those of filters. */
const PAGES = {
  "the newest page": () => "",
  "a page further on": (cursor) => `&cursor=${cursor}`,
  "a page by status": () => "&status=failed",
  "a page by tag": () => "&tag=odd",
};

await main(async () => {
  await setup({});
  await build();
  const vaults = [];
  try {
    for (const jobs of [FEW, MANY]) vaults.push(await filled(jobs));
    console.log(`\n${MANY.jobs} jobs beside ${FEW.jobs}; ${ROUNDS} pages of 50 in turns.`);
    console.log("Times of a page, medians (min–max) in ms, and their ratio:\n");
    for (const [name, query] of Object.entries(PAGES)) await compare(name, vaults, query);
  } finally {
    for (const { vault } of vaults) await vault.end();
  }
});

async function filled({ jobs, days }) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-growth-"));
  const vault = new LocalVault({ dir });
  await vault.start();
  const model = await manifest(vault);
  const perDay = Math.ceil(jobs / days);
  for (let day = 1; day <= days; day += 1) {
    const count = Math.min(perDay, jobs - (day - 1) * perDay);
    if (count > 0) await putDay(vault, model, day, count);
    if (day % 10 === 0) console.log(`${jobs} jobs: manifests of ${day} days written`);
  }
  await restore(vault, jobs);
  return { vault, cursor: await quarter(vault, days) };
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
    const id = `d${String(day).padStart(3, "0")}-${String(n).padStart(6, "0")}`;
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

async function compare(name, vaults, query) {
  const times = vaults.map(() => []);
  for (let round = -5; round < ROUNDS; round += 1) {
    for (const [n, { vault, cursor }] of vaults.entries()) {
      const begun = performance.now();
      const response = await vault.get(`/jobs?limit=50${query(cursor)}`);
      const { jobs } = await response.json();
      if (jobs.length !== 50) throw new Error(`${name}: ${jobs.length} jobs`);
      if (round >= 0) times[n].push(performance.now() - begun);
    }
  }
  const [few, many] = times.map((all) => all.sort((a, b) => a - b));
  const median = (all) => all[Math.floor(all.length / 2)];
  const shown = (all) => `${median(all).toFixed(1)} (${all[0].toFixed(1)}–${all.at(-1).toFixed(1)})`;
  const ratio = median(many) / median(few);
  console.log(`${name}: ${shown(few)} with ${FEW.jobs}, ${shown(many)} with ${MANY.jobs}: ${ratio.toFixed(2)}`);
}
