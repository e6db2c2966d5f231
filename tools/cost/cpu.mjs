// The processor's time of a job, that of the whole runtime: with SQLite and the simulated R2 and
// KV it is more than Cloudflare bills, which is the time in the Worker and its objects.
import { once } from "node:events";
import { createServer } from "node:http";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../build.mjs";
import { setup } from "../setup.mjs";
import { workerds } from "../workerd/process.mjs";
import { LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { FILE_BYTES } from "./life.mjs";

const JOBS = 200;
const TURNS = 5;
/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

export async function measureCpu() {
  await setup({});
  await build();
  const source = createServer((_, response) => {
    response.writeHead(200, { "content-length": FILE_BYTES, "content-type": "video/mp4" });
    response.end(Buffer.alloc(FILE_BYTES, 7));
  }).listen(0, "127.0.0.1");
  await once(source, "listening");
  const url = `http://127.0.0.1:${source.address().port}`;
  const root = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const dir = mkdtempSync(join(root, "hookvault-cost-"));
  const vault = new LocalVault({ dir, vars: { ALLOWED_SOURCE_HOSTS: url, RETRY_BASE_MS: null } });
  await vault.start();
  try {
    await turn(vault, url, "warm");
    const figures = [];
    for (let n = 0; n < TURNS; n += 1) figures.push(await turn(vault, url, n));
    for (const [name, pick] of [["a delivery (acquired), with its alarm", ([first]) => first],
      ["a job's completion, with its copy and alarms", ([, second]) => second],
      ["a look-up of a finished job", ([, , third]) => third]]) {
      const all = figures.map(pick).sort((a, b) => a - b);
      const shown = [all[2], all[0], all[4]].map((ms) => ms.toFixed(1));
      console.log(`${name}: ${shown[0]} ms (${shown[1]}–${shown[2]})`);
    }
  } finally {
    await vault.end();
    source.close();
  }
}

/** Milliseconds of one of `JOBS` deliveries, completions, look-ups. */
async function turn(vault, url, round) {
  const ids = Array.from({ length: JOBS }, (_, n) => `cpu-${round}-${n}`);
  const now = Date.now();
  const deliver = (event) => vault.post(vault.hookUrl(), JSON.stringify(event)).then(drained);
  const acquired = await spent(ids, (jobId) => deliver({ eventType: "acquired", queueName: "free",
    jobId, workerName: "w", leaseExpiry: now + 45_000, acquiredAt: now, updatedAt: now }));
  const video = { data_uri: `${url}/v.mp4`, data_url: `${url}/v.mp4` };
  const before = ticks();
  for (const jobId of ids) await deliver({ eventType: "completed", jobId, video });
  const records = await vault.records();
  for (const id of ids) await eventually(`${id} is in KV`, async () => (await records.get(id)) ?? undefined);
  const completed = ((ticks() - before) * TICK_MS) / JOBS;
  const looked = await spent(ids, (id) => vault.get(`/jobs/${id}`).then(drained));
  return [acquired, completed, looked];
}

async function drained(response) {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

async function spent(ids, act) {
  const before = ticks();
  for (const id of ids) await act(id);
  return ((ticks() - before) * TICK_MS) / ids.length;
}

function ticks() {
  return workerds().map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  }).reduce((sum, n) => sum + n, 0);
}
