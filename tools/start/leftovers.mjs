// Finds an earlier `npm start` in this folder that still runs, or has left processes behind.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";
import { askWhether, isInteractive } from "../setup/terminal.mjs";
import { eventually } from "../workerd/wait.mjs";
import { processes } from "./processes.mjs";

const FILE = "running.json";
const STARTER = "tools/start.mjs";

/** Notes the processes that run here. `host` leads the process group of the Worker. */
export function remember(dir, host) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, FILE), JSON.stringify({ starter: process.pid, parent: process.ppid, host }));
}

/** Ends what an earlier `npm start` has left, if the user agrees; throws otherwise. */
export async function endLeftovers(dir) {
  const found = find(dir);
  if (!found) return;
  const { what, signal, pids, isLost } = found;
  const isWished = isInteractive() && (await askWhether(`${what} End it?`, isLost));
  if (!isWished) throw new Failure(`${what} End it by\n  kill ${signal === "SIGKILL" ? "-9 " : ""}${pids.join(" ")}`);
  for (const pid of pids) process.kill(pid, signal);
  await eventually("it has ended", () => (find(dir) ? undefined : true));
}

/** Describes what is left in words, how to end it, and whether nobody can need it any more. */
function find(dir) {
  const { starter, parent, host } = read(dir);
  const all = processes();
  if (all.some(({ pid, command }) => pid === starter && command.includes(STARTER))) {
    const isLost = !all.some(({ pid }) => pid === parent);
    const what = isLost ? `An earlier \`npm start\` still runs as process ${starter}, though npm was killed.`
      : `\`npm start\` runs in this folder already, as process ${starter}.`;
    return { what, signal: "SIGTERM", pids: [starter], isLost };
  }
  const pids = all.filter(({ group, command }) => group === host && command.includes(ROOT)).map(({ pid }) => pid);
  if (pids.length === 0) return undefined;
  const what = `An earlier \`npm start\` was killed, and has left a runtime behind (${pids.join(", ")}).`;
  return { what, signal: "SIGKILL", pids, isLost: true };
}

function read(dir) {
  try {
    return JSON.parse(readFileSync(join(dir, FILE), "utf8"));
  } catch {
    return {};
  }
}
