// Which processes there are, and which of them listens on a port: from /proc, elsewhere by `ps` and `lsof`.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { pids, read, statOf } from "../workerd/process.mjs";

const HAS_PROC = existsSync("/proc/self/stat");
const LISTENS = "0A";

/** @returns {{ pid: number, group: number, command: string }[]} those that may be looked at */
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

/** The process that listens on this port of loopback, if it may be looked at. */
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

/** What a folder's links lead to; nothing of one that is another user's, or gone by now. */
function links(folder) {
  try {
    return readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
  } catch {
    return [];
  }
}

const output = (program, args) => spawnSync(program, args, { encoding: "utf8" }).stdout ?? "";
