// Runs the whole system on this machine: a server of files, the upstream's simulator and the Worker.
// Import it only after the set-up, because it needs npm packages.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "../simulator/server.mjs";
import { Front } from "./front.mjs";
import { Runtime } from "./runtime.mjs";
import { UPSTREAM_KEY } from "./vars.mjs";

export { UPSTREAM_KEY };

/**
 * Starts everything, and waits until it answers.
 *
 * @param {object} options
 * @param {{ worker: number, simulator: number, s3: number }} options.ports
 * @param {string} options.dir where everything keeps its state
 * @param {Record<string, string>} options.vars the Worker's variables; those that point it to the other parts are added
 * @param {{ script: string, wasm: string }} options.worker the built Worker
 * @param {(options: object) => Promise<object>} options.startS3 starts the server of files
 * @param {(told: object) => void} [options.log] gets each request, see `Front`
 * @param {object} [options.runtime] options for `Runtime`
 * @param {Array<() => Promise<void>>} stops receives the functions that stop the parts
 * @returns {Promise<{ firstId: number, died: Promise<string>, renew: (vars: object, worker: object) => Promise<void>
 *   }>} the next job's id; `died` resolves when the Worker is given up; `renew` replaces the Worker
 */
export async function startStack({ ports, dir, vars, worker, startS3, log = () => {}, runtime: options }, stops) {
  mkdirSync(dir, { recursive: true });
  const front = new Front(log);
  // The runtime loads while the others start.
  const runtime = new Runtime({ ...options, moved: (port) => (front.to = port) });
  let [s3, simulator] = [];
  stops.push(async () => {
    front.stop();
    await runtime.stop();
    await simulator?.close({ abandon: true });
    await s3?.stop();
  });
  s3 = await startS3({ port: ports.s3, dir: join(dir, "s3") });
  const firstId = nextFirstId();
  simulator = await startSimulator({ port: ports.simulator, s3, token: UPSTREAM_KEY, firstId });
  // The layout of `wrangler dev --persist-to`, so that each finds what the other has stored.
  const state = join(dir, "state", "v3");
  const renew = (vars, { script, wasm }) => front.during(() =>
    runtime.run({ dir: state, script, wasm, vars: localVars(vars, simulator.url, ports.s3) }));
  await renew(vars, worker);
  await front.listen(ports.worker);
  return { firstId, died: runtime.died, renew };
}

/**
 * Runs `work` until it ends or a signal arrives. Then runs the functions that `work` pushed to its `stops`, the last
 * one first.
 *
 * @returns {Promise<string | undefined>} the signal; `work` may still run then
 */
export async function untilStopped(work) {
  const stops = [];
  const signalled = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, resolve);
  });
  try {
    return await Promise.race([work(stops).then(() => undefined), signalled]);
  } finally {
    while (stops.length > 0) await stops.pop()();
  }
}

// Grows by ten a second from one start to the next, because the jobs of earlier starts are still there.
const nextFirstId = () => 437_852 + Math.floor((Date.now() - Date.UTC(2025, 11, 27)) / 100);

function localVars(vars, simulator, s3Port) {
  const listed = vars.ALLOWED_SOURCE_HOSTS?.split(",") ?? [];
  // The simulator serves the files of the senders that it plays.
  const ports = [s3Port, new URL(simulator).port];
  const files = ports.flatMap((port) => ["127.0.0.1", "localhost"].map((host) => `http://${host}:${port}`));
  return {
    UPSTREAM_QUEUE_URL: `${simulator}/queue`,
    UPSTREAM_FAL_URL: `${simulator}/fal/queue`,
    UPSTREAM_API_KEY: UPSTREAM_KEY,
    ...vars,
    ALLOWED_SOURCE_HOSTS: [...new Set([...listed, ...files])].join(","),
  };
}
