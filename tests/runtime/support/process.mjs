// Reports the memory of this test's workerd processes in MiB.
import { peakBytes, residentBytes } from "../../../tools/workerd/process.mjs";

export { freePort } from "../../../tools/ports.mjs";
export { forgetPeak, workerds } from "../../../tools/workerd/process.mjs";

const MIB = 1_048_576;

export const resident = (pid) => residentBytes(pid) / MIB;

/** Returns the peak since `forgetPeak`. */
export const peak = (pid) => peakBytes(pid) / MIB;
