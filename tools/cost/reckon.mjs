// From counted operations to what a job uses, and from that to dollars.
import { FREE_A_DAY, FREE_IN_ALL, PAID, PLAN } from "./prices.mjs";

const GB = 1e9;
/** An object is billed for all of its 128 MB as long as it is active. */
const OBJECT_GB = 0.128;

/** What one job uses of all that is billed: its steps, and what `measured` says of it. */
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

/** A month of so many jobs: dollars by what they are for; the plan's own price comes on top. */
export function month(used, jobs) {
  const items = Object.entries(PAID).map(([key, { included, price, per }]) =>
    [key, (Math.max(0, used[key] * jobs - included) / per) * price]);
  const total = items.reduce((sum, [, dollars]) => sum + dollars, PLAN);
  return { items: Object.fromEntries(items), total };
}

/** Jobs a day until each of the free plan's limits, the nearest first. */
export function freeDays(used) {
  const limits = Object.entries(FREE_A_DAY).map(([key, limit]) => [key, Math.floor(limit / used[key])]);
  return limits.filter(([, jobs]) => Number.isFinite(jobs)).sort(([, a], [, b]) => a - b);
}

/** Jobs in all until the free plan's storage is full. */
export function freeInAll(used) {
  const limits = Object.entries(FREE_IN_ALL).map(([key, limit]) => [key, Math.floor(limit / used[key])]);
  return limits.sort(([, a], [, b]) => a - b);
}
