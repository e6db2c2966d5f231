// The Worker in `wrangler dev`, with all its descendants under control.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inRoot, NODE, ROOT, toolEnv } from "./setup/project.mjs";
import { collect, exitOf, Failure } from "./setup/run.mjs";

export const WRANGLER = inRoot("node_modules", "wrangler", "bin", "wrangler.js");

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 5_000;

/**
 * Starts the Worker on loopback.
 *
 * @param {{ port: number, dir: string, envFile: string, log: (text: string) => void }} options
 * @returns {{ ready: Promise<void>, died: Promise<string>, stop: () => Promise<void> }}
 */
export function startWrangler({ port, dir, envFile, log }) {
  const args = ["dev", "--ip", "localhost", "--port", String(port), "--inspector-port", "0"];
  args.push("--persist-to", join(dir, "state"), "--env-file", envFile);
  args.push("--show-interactive-dev-session=false");
  // A process group of its own: wrangler starts workerd and esbuild, and Ctrl-C is ours to handle.
  const options = { cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "pipe"] };
  const child = spawn(NODE, [WRANGLER, ...args], { ...options, env: quietEnv(dir) });
  const output = collect(child, (chunk) => log(String(chunk)));
  const died = exitOf(child).then((how) => `wrangler dev ended (${how})\n${output.join("")}`);
  return { ready: untilReady(port, died), died, stop: stopper(child, died) };
}

// No telemetry, no check for updates, no request for a location, nothing outside of `dir`.
function quietEnv(dir) {
  return toolEnv({
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_REGISTRY_PATH: join(dir, "registry"),
    WRANGLER_LOG_PATH: join(dir, "logs"),
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  });
}

async function untilReady(port, died) {
  const deadline = Date.now() + START_LIMIT_MS;
  let end;
  died.then((how) => (end = how));
  while (!(await answers(port))) {
    if (end) throw new Failure(end);
    if (Date.now() > deadline) throw new Failure(`the Worker did not answer on port ${port}`);
    await sleep(100);
  }
}

// Both names, because the printed commands and the webhooks use either.
async function answers(port) {
  const health = (host) => fetch(`http://${host}:${port}/healthz`).then((answer) => answer.ok);
  const both = await Promise.allSettled(["localhost", "127.0.0.1"].map(health));
  return both.every(({ value }) => value === true);
}

function stopper(child, died) {
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  };
  const kill = () => signal("SIGKILL");
  process.once("exit", kill);
  return async () => {
    signal("SIGTERM");
    await Promise.race([died, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
    // Whoever of the group outlived wrangler.
    kill();
    process.off("exit", kill);
  };
}
