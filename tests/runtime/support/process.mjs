// The workerd processes of this test, as Linux tells of them.
import { readFileSync, writeFileSync } from "node:fs";

export { freePort } from "../../../tools/ports.mjs";
export { workerds } from "../../../tools/workerd/process.mjs";

const megabytes = (pid, field) => {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)[1]) / 1024;
};

/** Resident memory in MiB. */
export const resident = (pid) => megabytes(pid, "VmRSS");

/** The most resident memory since `forgetPeak`, in MiB. */
export const peak = (pid) => megabytes(pid, "VmHWM");

export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5");
