// Chooses the files of a test run.

/** The files for `--quick`: one or two for each part of the contract. None of them waits for long. */
export const QUICK = [
  ...["ingest/deliveries", "ingest/orders", "ingest/states", "ingest/correlation", "ingest/less", "ingest/main-job"],
  ...["access/hook", "access/reading", "access/signatures/standard"],
  ...["archive/retries", "archive/hosts", "archive/spellings", "archive/delete"],
  ...["serve/files", "serve/conditions", "serve/waiting", "api/paths", "api/cors", "catalog/metrics"],
  ...["gateway/routes", "gateway/dialects", "gateway/fal-proxy/core", "handoff/operator"],
  ...["dashboard/assets", "dashboard/signin"],
].map((name) => `runtime/${name}`).concat("tools/cli/package", "tools/simulator/queue", "tools/structure", "faults/mutants").map((name) => `tests/${name}.test.mjs`);

/**
 * Returns the paths that the words of a command line select. The name of a folder or file, or several steps of a path,
 * selects what has that name. Any other word selects the paths that contain it.
 */
export function selected(paths, words) {
  if (words.length === 0) return paths;
  const chosen = new Set(words.flatMap((word) => {
    const named = paths.filter((path) => steps(path).includes(steps(word)));
    return named.length > 0 ? named : paths.filter((path) => path.includes(word));
  }));
  return paths.filter((path) => chosen.has(path));
}

/** Puts slashes around a path, so that only whole names match. */
const steps = (path) => `/${path.replace(/^\/|\/$|\.test\.mjs$/g, "")}/`;
