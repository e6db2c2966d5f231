// The whole system on this machine: S3, the upstream's simulator and the Worker in wrangler dev.
// Only to be imported after the set-up: it needs npm packages.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startS3 } from "./s3.mjs";
import { startSimulator } from "./simulator/server.mjs";
import { startWrangler } from "./wrangler.mjs";

export const UPSTREAM_KEY = "dev-upstream-key";

/**
 * Starts everything and waits until it answers.
 *
 * @param {object} options
 * @param {{ worker: number, simulator: number, s3: number }} options.ports
 * @param {string} options.dir where all of it keeps its state
 * @param {Record<string, string>} options.vars the Worker's, beside those that point it here
 * @param {(text: string) => void} options.log what wrangler says
 * @param {Array<() => Promise<void>>} stops takes what stops the parts
 * @returns {Promise<{ firstId: number, died: Promise<string> }>} the next job's id; `died`
 *   resolves when the Worker ends by itself
 */
export async function startStack({ ports, dir, vars, log }, stops) {
  mkdirSync(dir, { recursive: true });
  const s3 = await startS3({ port: ports.s3, dir: join(dir, "s3") });
  stops.push(() => s3.stop());
  const firstId = nextFirstId();
  const sim = { port: ports.simulator, s3, token: UPSTREAM_KEY, firstId };
  const simulator = await startSimulator(sim);
  stops.push(() => simulator.close({ abandon: true }));
  const envFile = writeVars(dir, localVars(vars, simulator.url, ports.s3));
  const worker = startWrangler({ port: ports.worker, dir, envFile, log });
  stops.push(worker.stop);
  await worker.ready;
  return { firstId, died: worker.died };
}

/**
 * Runs `work` until it ends or we are told to stop; then stops what it pushed to its `stops`,
 * the last one first.
 *
 * @returns {Promise<string | undefined>} the signal; `work` may still be under way then
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

// Grows from one start to the next, ten a second: the jobs of earlier starts are still there.
const nextFirstId = () => 437_852 + Math.floor((Date.now() - Date.UTC(2025, 11, 27)) / 100);

function localVars(vars, simulator, s3Port) {
  const listed = vars.ALLOWED_SOURCE_HOSTS?.split(",") ?? [];
  const s3 = ["127.0.0.1", "localhost"].map((host) => `http://${host}:${s3Port}`);
  return {
    UPSTREAM_QUEUE_URL: `${simulator}/queue`,
    UPSTREAM_FAL_URL: `${simulator}/fal/queue`,
    UPSTREAM_API_KEY: UPSTREAM_KEY,
    ...vars,
    ALLOWED_SOURCE_HOSTS: [...new Set([...listed, ...s3])].join(","),
  };
}

// A file rather than wrangler's --var: arguments are readable by everyone on the machine. The
// backslash keeps wrangler from expanding variables.
function writeVars(dir, vars) {
  const path = join(dir, "worker.env");
  const line = ([name, value]) => `${name}='${value.replaceAll("$", "\\$")}'\n`;
  writeFileSync(path, Object.entries(vars).map(line).join(""), { mode: 0o600 });
  return path;
}
