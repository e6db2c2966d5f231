// The workerd processes of this test, as Linux tells of them.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";

/** Pids of the workerd processes that this process has started. */
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

const megabytes = (pid, field) => {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)[1]) / 1024;
};

/** Resident memory in MiB. */
export const resident = (pid) => megabytes(pid, "VmRSS");

/** The most resident memory since `forgetPeak`, in MiB. */
export const peak = (pid) => megabytes(pid, "VmHWM");

export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/** A port for a vault whose URLs are to stay the same when it is restarted. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
