// Lists processes, and finds the one that listens on a port: from /proc, elsewhere with `ps` and `lsof`.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { pids, read, statOf } from "../workerd/process.mjs";

const HAS_PROC = existsSync("/proc/self/stat");
const LISTENS = "0A";

/** @returns {{ pid: number, group: number, command: string }[]} the processes that this user may see */
export function processes() {
  return HAS_PROC ? ofProc() : ofPs();
}

function ofProc() {
  return pids().map(statOf).filter((one) => one && one.state !== "Z").map(({ pid, group }) =>
    ({ pid, group, command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() }));
}

function ofPs() {
  const lines = output("ps", ["-axo", "pid=,pgid=,stat=,command="]).trim().split("\n");
  return lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line)).filter((found) => found && !found[3].startsWith("Z"))
    .map(([, pid, group, , command]) => ({ pid: Number(pid), group: Number(group), command }));
}

/** Returns the process that listens on this port of loopback, if this user may see it. */
export function listener(port) {
  const pid = HAS_PROC ? pidOfProc(port) : Number(output("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"]).split("\n")[0]);
  return processes().find((one) => one.pid === pid);
}

function pidOfProc(port) {
  const inodes = ["tcp", "tcp6"].flatMap((table) => read(`/proc/net/${table}`).trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENS && parseInt(local.split(":")[1], 16) === port)
    .map((fields) => `socket:[${fields[9]}]`);
  return pids().find((pid) => links(`/proc/${pid}/fd`).some((link) => inodes.includes(link)));
}

/** Returns the targets of a folder's links; none if the process is another user's, or has ended. */
const links = (folder) => tried(() => readdirSync(folder)).flatMap((name) => tried(() => [readlinkSync(`${folder}/${name}`)]));

/** Returns a list, or the empty list if it can't be read: a process opens and closes files meanwhile. */
function tried(read) {
  try {
    return read();
  } catch {
    return [];
  }
}

const output = (program, args) => spawnSync(program, args, { encoding: "utf8" }).stdout ?? "";
