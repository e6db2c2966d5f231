// The workerd processes that this process has started, as Linux tells of them.
import { readFileSync, readdirSync } from "node:fs";

/** @returns {number[]} their pids */
export function workerds() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    const { name, parent } = facts(pid);
    return name === "workerd" && parent === process.pid;
  });
}

function facts(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name) => new RegExp(`^${name}:\\t(.*)$`, "m").exec(text)[1];
    return { name: field("Name"), parent: Number(field("PPid")) };
  } catch {
    return {};
  }
}
