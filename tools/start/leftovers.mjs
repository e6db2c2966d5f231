// Lets one start at a time use a folder: finds an earlier one that still runs there, or has left processes behind.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandFor } from "../setup/command.mjs";
import { Failure } from "../setup/run.mjs";
import { askWhether, isInteractive } from "../setup/terminal.mjs";
import { eventually } from "../workerd/wait.mjs";
import { processes } from "./processes.mjs";

const FILE = "running.json";
/** Parts of the commands that a start runs: the process that runs the Worker, and the runtime. */
const OURS = ["start/host.mjs", "workerd"];

/**
 * Takes the folder for this process, after it has ended what an earlier start has left, if the user agrees. Throws
 * otherwise, or if another start takes the folder at the same time.
 */
export async function claim(dir) {
  mkdirSync(dir, { recursive: true });
  await endLeftovers(dir);
  const mine = join(dir, `${FILE}.${process.pid}`);
  writeFileSync(mine, text());
  try {
    dropStale(dir, mine);
    // A link is made whole or not at all, and never replaces a file.
    linkSync(mine, join(dir, FILE));
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    throw new Failure(`Another \`${commandFor("start")}\` has just begun in this folder. Use that one, or end it.`);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Notes the process group of the Worker. */
export function remember(dir, host) {
  const next = join(dir, `${FILE}.${process.pid}`);
  writeFileSync(next, text(host));
  renameSync(next, join(dir, FILE));
}

/** Leaves the folder to the next start. */
export const release = (dir) => rmSync(join(dir, FILE), { force: true });

const text = (host) => JSON.stringify({ starter: process.pid, parent: process.ppid, host, command: commandOf(process.pid) });

const commandOf = (pid) => processes().find((one) => one.pid === pid)?.command;

/** Removes the note of a start that has ended. If another start has just replaced the note, puts that back. */
function dropStale(dir, mine) {
  const [path, away] = [join(dir, FILE), `${mine}.old`];
  try {
    renameSync(path, away);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  try {
    if (runs(parsed(away))) linkSync(away, path);
  } finally {
    rmSync(away, { force: true });
  }
}

async function endLeftovers(dir) {
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
  const note = parsed(join(dir, FILE));
  const { starter, parent, host } = note;
  const all = processes();
  if (runs(note)) {
    const isLost = !all.some(({ pid }) => pid === parent);
    const what = isLost ? `An earlier \`${commandFor("start")}\` still runs as process ${starter}, though npm was killed.`
      : `\`${commandFor("start")}\` runs in this folder already, as process ${starter}.`;
    return { what, signal: "SIGTERM", pids: [starter], isLost };
  }
  const pids = all.filter(({ group, command }) => group === host && OURS.some((part) => command.includes(part))).map(({ pid }) => pid);
  if (pids.length === 0) return undefined;
  const what = `An earlier \`${commandFor("start")}\` was killed, and has left a runtime behind (${pids.join(", ")}).`;
  return { what, signal: "SIGKILL", pids, isLost: true };
}

/** Tells whether the process of a note still runs. Another process may have got its number, but hardly its command. */
const runs = ({ starter, command }) => command !== undefined && starter !== process.pid && commandOf(starter) === command;

function parsed(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}
