// Which files a run of the tests takes.

/** For `--quick`: of each part of the contract a file or two, none of which waits for long. */
export const QUICK = [
  ...["ingest/deliveries", "ingest/orders", "ingest/states", "ingest/correlation", "ingest/less", "ingest/main-job"],
  ...["access/hook", "access/reading", "access/signatures/standard"],
  ...["archive/retries", "archive/hosts", "archive/spellings", "archive/delete"],
  ...["serve/files", "serve/conditions", "serve/waiting", "api/paths", "api/cors", "catalog/metrics"],
  ...["gateway/routes", "gateway/dialects", "gateway/fal-proxy/core", "handoff/operator"],
  ...["dashboard/assets", "dashboard/signin"],
].map((name) => `runtime/${name}`).concat("tools/simulator/queue", "tools/structure", "faults/mutants").map((name) => `tests/${name}.test.mjs`);

/**
 * The paths that the words of a command line select. A word that is the name of folders or files, or a
 * path of several, selects those; any other selects the paths that it is a part of.
 */
export function selected(paths, words) {
  if (words.length === 0) return paths;
  const chosen = new Set(words.flatMap((word) => {
    const named = paths.filter((path) => steps(path).includes(steps(word)));
    return named.length > 0 ? named : paths.filter((path) => path.includes(word));
  }));
  return paths.filter((path) => chosen.has(path));
}

/** Bounded by slashes, so that only whole names match. */
const steps = (path) => `/${path.replace(/^\/|\/$|\.test\.mjs$/g, "")}/`;
