// What is billed, computed from the counts of the shim in `tools/workerd/counting`.

/** The counts of each column, which are added up. */
export const COLUMNS = {
  requests: ["Worker.request"],
  objectRequests: ["JOBS.request", "CATALOG.request"],
  alarms: ["Job.alarm", "Catalog.alarm"],
  jobRowsRead: ["Job.rowRead"],
  jobRowsWritten: ["Job.rowWritten"],
  catalogRowsRead: ["Catalog.rowRead"],
  catalogRowsWritten: ["Catalog.rowWritten"],
  classA: ["Worker.classA", "Job.classA", "Catalog.classA"],
  classB: ["Worker.classB", "Job.classB", "Catalog.classB"],
  kvReads: ["Worker.kvRead", "Job.kvRead", "Catalog.kvRead"],
  kvWrites: ["Worker.kvWrite", "Job.kvWrite"],
  kvDeletes: ["Worker.kvDelete", "Job.kvDelete"],
  fetches: ["outside.fetch"],
};

/** Returns one row of the table of operations, without zeros. */
export function columnsOf(counts) {
  const sum = (names) => names.reduce((all, name) => all + (counts[name] ?? 0), 0);
  const cells = Object.entries(COLUMNS).map(([column, names]) => [column, sum(names)]);
  return Object.fromEntries(cells.filter(([, count]) => count > 0));
}
