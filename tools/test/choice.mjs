// Which files `--quick` runs.

/** For `--quick`: of each part of the contract a file or two, none of which waits for long. */
const QUICK = [
  ...["ingest", "orders", "states", "correlation", "reading", "hook-access"],
  ...["archive", "archive-hosts", "archive-spellings", "files", "conditions", "delete"],
  ...["paths", "cors", "metrics", "waiting", "handoff-operator", "less"],
  ...["gateway", "gateway-dialects", "fal-proxy-core", "signatures-standard"],
  ...["dashboard-assets", "dashboard-signin", "main-job"],
].map((name) => `runtime/${name}`).concat("tools/queue", "faults/mutants");

/** Whether a file is one of the quick ones. */
export const isQuick = (path) => QUICK.some((name) => path === `tests/${name}.test.mjs`);
