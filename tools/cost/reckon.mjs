// Computes what a job uses from counted operations, and dollars from that.
import { FREE_A_DAY, FREE_IN_ALL, PAID, PLAN } from "./prices.mjs";

const GB = 1e9;
/** The GB that an active object is billed for: always all of its 128 MB. */
const OBJECT_GB = 0.128;

/** Returns what one job uses of everything that is billed: its steps, and the figures of `measured`. */
export function usage(operations, steps, measured) {
  const sum = (column) => steps.reduce((all, step) => all + (operations[step][column] ?? 0), 0);
  return {
    requests: sum("requests"),
    cpuMs: measured.cpuMs,
    objectRequests: sum("objectRequests") + sum("alarms"),
    gbSeconds: measured.activeSeconds * OBJECT_GB,
    rowsRead: sum("jobRowsRead") + sum("catalogRowsRead"),
    rowsWritten: sum("jobRowsWritten") + sum("catalogRowsWritten"),
    objectGb: measured.objectBytes / GB,
    classA: sum("classA"),
    classB: sum("classB"),
    bucketGb: measured.bucketBytes / GB,
    kvReads: sum("kvReads"),
    kvWrites: sum("kvWrites"),
    kvGb: measured.kvBytes / GB,
  };
}

/** Returns the dollars of a month with this many jobs, by what they pay for. The total adds the plan's own price. */
export function month(used, jobs) {
  const items = Object.entries(PAID).map(([key, { included, price, per }]) =>
    [key, (Math.max(0, used[key] * jobs - included) / per) * price]);
  const total = items.reduce((sum, [, dollars]) => sum + dollars, PLAN);
  return { items: Object.fromEntries(items), total };
}

/** Returns how many jobs a day reach each of the free plan's limits, the nearest limit first. */
export function freeDays(used) {
  const limits = Object.entries(FREE_A_DAY).map(([key, limit]) => [key, Math.floor(limit / used[key])]);
  return limits.filter(([, jobs]) => Number.isFinite(jobs)).sort(([, a], [, b]) => a - b);
}

/** Returns how many jobs in all fill each of the free plan's storages. */
export function freeInAll(used) {
  const limits = Object.entries(FREE_IN_ALL).map(([key, limit]) => [key, Math.floor(limit / used[key])]);
  return limits.sort(([, a], [, b]) => a - b);
}
