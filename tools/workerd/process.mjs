// Reads what Linux knows about processes, and finds the workerds that this process has started.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

/** @returns {number[]} the pids of all processes */
export const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);

/**
 * Reads a process's `stat`: `ticks` is its own CPU time and that of its ended children, in units of 10 ms. Returns
 * undefined if the process has ended.
 */
export function statOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  if (!text) return undefined;
  // The name, in brackets, may contain anything.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  const [state, parent, group] = [fields[0], Number(fields[1]), Number(fields[2])];
  const ticks = fields.slice(11, 15).map(Number).reduce((sum, n) => sum + n);
  return { pid, name: text.slice(text.indexOf("(") + 1, end), state, parent, group, ticks };
}

/** @returns {number[]} the pids of the workerds that this process has started */
export function workerds() {
  return pids().map(statOf).filter((one) => one?.name === "workerd" && one.parent === process.pid).map(({ pid }) => pid);
}

const memory = (pid, field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

/** Returns the bytes that are in memory now. */
export const residentBytes = (pid) => memory(pid, "VmRSS");

/** Returns the most bytes in memory since `forgetPeak`. */
export const peakBytes = (pid) => memory(pid, "VmHWM");

/** Resets the kernel's peak to what is in memory now. */
export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/** Returns a file's text; the empty text if it belongs to another user, or is gone. */
export function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
