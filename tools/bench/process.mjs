// Measures the CPU time of a process, and waits until it is at rest.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pids, statOf } from "../workerd/process.mjs";

/** The kernel's `USER_HZ`, which is 100 on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 100;
/**
 * How many quiet samples mean rest. All sides set their alarms a few milliseconds ahead, and gather messages for 50 ms.
 */
const QUIET_SAMPLES = 3;
const QUIET_LIMIT_MS = 120_000;

/** Returns the CPU seconds of a process and of all processes below it, including ended ones. */
export function cpuSeconds(pid) {
  const all = pids().map(statOf).filter(Boolean);
  const under = (parent) => all.filter((stat) => stat.parent === parent)
    .reduce((sum, stat) => sum + stat.ticks + under(stat.pid), 0);
  const own = all.find((stat) => stat.pid === pid);
  if (!own) throw new Error(`process ${pid} is gone`);
  return (own.ticks + under(pid)) / TICKS_PER_SECOND;
}

/** Returns the seconds that all processors have been busy since the system's start. */
export function busySeconds() {
  // user, nice, system, idle, iowait, irq, softirq
  const [user, nice, system, , , irq, softirq] = readFileSync("/proc/stat", "utf8").split("\n")[0]
    .split(/ +/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** Waits until the process is idle: its alarms have run. */
export async function quiet(pid) {
  const end = Date.now() + QUIET_LIMIT_MS;
  let before = cpuSeconds(pid);
  for (let still = 0; still < QUIET_SAMPLES;) {
    await sleep(SAMPLE_MS);
    const now = cpuSeconds(pid);
    // An occasional tick belongs to a timer, not to a job.
    still = now - before <= 1 / TICKS_PER_SECOND ? still + 1 : 0;
    before = now;
    if (Date.now() > end) throw new Error(`process ${pid} does not come to rest`);
  }
}
