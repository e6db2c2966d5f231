// Measures the CPU time of a job in the whole runtime. With SQLite and the simulated R2 and KV, that is more than
// Cloudflare bills: only the time in the Worker and its objects.
import { once } from "node:events";
import { createServer } from "node:http";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spread } from "../bench/report/figures.mjs";
import { cpuSeconds } from "../bench/process.mjs";
import { build } from "../build.mjs";
import { workerds } from "../workerd/process.mjs";
import { LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { FILE_BYTES } from "./life.mjs";

const JOBS = 200;
const TURNS = 5;

export async function measureCpu() {
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
      const { median, min, max } = spread(figures.map(pick));
      console.log(`${name}: ${median.toFixed(1)} ms (${min.toFixed(1)}–${max.toFixed(1)})`);
    }
  } finally {
    await vault.end();
    source.close();
  }
}

/** Returns the milliseconds of one delivery, one completion and one look-up, as means of `JOBS`. */
async function turn(vault, url, round) {
  const ids = Array.from({ length: JOBS }, (_, n) => `cpu-${round}-${n}`);
  const now = Date.now();
  const deliver = (event) => vault.post(vault.hookUrl(), JSON.stringify(event)).then(drained);
  const acquired = await spent(ids, (jobId) => deliver({ eventType: "acquired", queueName: "free",
    jobId, workerName: "w", leaseExpiry: now + 45_000, acquiredAt: now, updatedAt: now }));
  const video = { data_uri: `${url}/v.mp4`, data_url: `${url}/v.mp4` };
  const before = cpuSeconds(workerd());
  for (const jobId of ids) await deliver({ eventType: "completed", jobId, video });
  const records = await vault.records();
  for (const id of ids) await eventually(`${id} is in KV`, async () => (await records.get(id)) ?? undefined);
  const completed = ((cpuSeconds(workerd()) - before) * 1_000) / JOBS;
  const looked = await spent(ids, (id) => vault.get(`/jobs/${id}`).then(drained));
  return [acquired, completed, looked];
}

async function drained(response) {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

async function spent(ids, act) {
  const before = cpuSeconds(workerd());
  for (const id of ids) await act(id);
  return ((cpuSeconds(workerd()) - before) * 1_000) / ids.length;
}

/** Returns the only workerd that runs. */
const workerd = () => workerds()[0];
