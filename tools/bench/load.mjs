// Sends requests, each different, with autocannon.
//
// autocannon rather than wrk: npm pins its version, and it needs no compiler and no system package. It is slower than
// wrk, but not slower than workerd, which has its own core here. It reports the share of a core that it took, and the
// harness warns when that was nearly all.
import autocannon from "autocannon";
import { percentile } from "./report/figures.mjs";
import { planned } from "./requests.mjs";

/** Milliseconds between samples: few, so that a run ends soon after its last response. */
const SAMPLE_MS = 50;
const TIMEOUT_S = 60;

/** @returns {Promise<{perSecond: number, p99: number, busy: number}>} `p99` in milliseconds */
export async function load({ url, count, connections, ...plan }) {
  const requestAt = planned(plan);
  let made = 0;
  const setupRequest = (request) => {
    const { headers, ...next } = requestAt(made++);
    // autocannon changes the headers that it gets.
    return { ...request, ...next, headers: { ...headers } };
  };
  const times = [];
  const statuses = new Map();
  let last = 0;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await new Promise((resolve, reject) => {
    const options = { url, amount: count, connections, sampleInt: SAMPLE_MS, timeout: TIMEOUT_S, requests: [{ setupRequest }] };
    const run = autocannon(options, (error) => (error ? reject(error) : resolve()));
    run.on("response", (client, status, bytes, time) => {
      last = performance.now();
      times.push(time);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
  });
  check({ made, count, statuses });
  const { user, system } = process.cpuUsage(cpu);
  const busy = (user + system) / 1_000 / (performance.now() - begun);
  return { perSecond: (count / (last - begun)) * 1_000, p99: percentile(times, 0.99), busy };
}

/** Throws if a request failed, or a job was sent twice: such a run measures something else. */
function check({ made, count, statuses }) {
  const isWhole = made === count && statuses.get(200) === count;
  if (!isWhole) throw new Error(`${made} requests of ${count}, answers: ${JSON.stringify([...statuses])}`);
}
