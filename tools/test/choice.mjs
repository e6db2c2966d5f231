// Which files are run, and in what order.

/** For `--quick`: of each part of the contract a file or two, none of which waits for long. */
const QUICK = [
  ...["ingest", "orders", "states", "correlation", "reading", "hook-access"],
  ...["archive", "archive-hosts", "archive-spellings", "files", "conditions", "delete"],
  ...["paths", "cors", "metrics", "waiting", "handoff-operator", "less"],
  ...["gateway", "gateway-dialects", "fal-proxy-core", "signatures-standard"],
  ...["dashboard-assets", "dashboard-signin", "main-job"],
].map((name) => `runtime/${name}`).concat("tools/queue", "faults/mutants");

/** The longest ones: begun first, they end with the others. */
const SLOW = ["faults/short", "runtime/dashboard-many", "runtime/misconfiguration", "runtime/live", "runtime/openapi"];

const isOf = (list, path) => list.some((name) => path === `tests/${name}.test.mjs`);

/** Whether a file is one of the quick ones. */
export const isQuick = (path) => isOf(QUICK, path);

/** The files in the order in which they are run. */
export const slowFirst = (paths) =>
  paths.toSorted((one, other) => isOf(SLOW, other) - isOf(SLOW, one) || one.localeCompare(other));
