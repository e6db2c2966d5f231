// Writes the tables of `docs/cost.md`.
import { COLUMNS } from "./columns.mjs";
import { LIFE, MEASURED, OF_TWINS, OPERATIONS, WATCHED_LIFE } from "./operations.mjs";
import { PAID, PLAN } from "./prices.mjs";
import { freeDays, freeInAll, month, usage } from "./reckon.mjs";

const MONTHS = [1_000, 10_000_000];
const HEADS = {
  requests: "Worker requests", objectRequests: "object requests", alarms: "alarms",
  jobRowsRead: "job rows read", jobRowsWritten: "job rows written",
  catalogRowsRead: "catalog rows read", catalogRowsWritten: "catalog rows written",
  classA: "R2 A", classB: "R2 B", kvReads: "KV reads", kvWrites: "KV writes",
  kvDeletes: "KV deletes", fetches: "fetches",
};
const whole = (n) => n.toLocaleString("en");
const dollars = (n) => `$${n.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
const line = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");

/** Returns the tables by name. */
export function costs() {
  const used = usage(OPERATIONS, LIFE, MEASURED);
  return { operations: operations(), price: price(used), watched: watched(used), twin: twins(used), free: free(used), storage: storage(used) };
}

function operations() {
  const columns = Object.keys(COLUMNS).filter((column) => Object.values(OPERATIONS).some((step) => step[column]));
  const rows = Object.entries(OPERATIONS).map(([name, step]) => [name, ...columns.map((column) => step[column] ?? "")]);
  return table(["step", ...columns.map((column) => HEADS[column])], rows);
}

function price(used) {
  const months = MONTHS.map((jobs) => month(used, jobs));
  const rows = Object.entries(PAID).map(([key, { name, included, price: asked, per }]) => [
    name, amount(used[key]), whole(included), `$${asked} a ${per === 1 ? "GB" : "million"}`,
    ...months.map(({ items }) => dollars(items[key])),
  ]);
  rows.push(["the plan", "", "", "", ...MONTHS.map(() => dollars(PLAN))]);
  rows.push(["**in all**", "", "", "", ...months.map(({ total }) => `**${dollars(total)}**`)]);
  rows.push(["a thousand jobs", "", "", "", ...months.map(({ total }, n) => dollars((total / MONTHS[n]) * 1_000))]);
  return table(["", "a job", "included", "then", ...MONTHS.map((jobs) => `${whole(jobs)} jobs`)], rows);
}

function watched(used) {
  const seen = usage(OPERATIONS, WATCHED_LIFE, MEASURED);
  const rows = ["objectRequests", "rowsRead", "rowsWritten"].map((key) => [PAID[key].name, used[key], seen[key]]);
  const jobs = MONTHS.at(-1);
  rows.push([`**${whole(jobs)} jobs**`, ...[used, seen].map((all) => `**${dollars(month(all, jobs).total)}**`)]);
  return table(["a job", "nobody watches", "somebody watches all the time"], rows);
}

function twins(used) {
  const others = Object.values(OF_TWINS).map((steps) => usage(steps, LIFE, MEASURED));
  const measured = ["cpuMs", "gbSeconds", "objectGb", "bucketGb", "kvGb"];
  const keys = Object.keys(PAID).filter((key) => !measured.includes(key));
  const heads = ["a job", "hookvault", "conventional twin", "twin of the same design"];
  return table(heads, keys.map((key) => [PAID[key].name, used[key], ...others.map((other) => other[key])]));
}

const amount = (n) => (Number.isInteger(n) ? whole(n) : n.toPrecision(3));

const free = (used) => table(["limit", "jobs a day"], freeDays(used).map(([key, jobs]) => [PAID[key].name, whole(jobs)]));
const storage = (used) => table(["limit", "jobs in all"], freeInAll(used).map(([key, jobs]) => [PAID[key].name, whole(jobs)]));
