// Which files are run, and in what order.

/** For `--quick`: of each part of the contract a file or two, none of which waits for long. */
const QUICK = [];

/** The longest ones: begun first, they end with the others. */
const SLOW = ["runtime/dashboard-many", "runtime/openapi", "tools/clients-python", "faults/short"];

const isOf = (list, path) => list.some((name) => path === `tests/${name}.test.mjs`);

/** Whether a file is one of the quick ones. */
export const isQuick = (path) => isOf(QUICK, path);

/** The files in the order in which they are run. */
export const slowFirst = (paths) =>
  paths.toSorted((one, other) => isOf(SLOW, other) - isOf(SLOW, one) || one.localeCompare(other));
