// The operations of each step of a job's life, exactly as `npm run cost -- --count` counts them.
// The bench and `limits/operations.test.mjs` check them, and `docs/cost.md` is computed from them.
// A step's alarms run to their end: only what is minutes away is still pending.
// A changed count changes what users pay: say why.
//
// `acquired` and `completed` are two deliveries of a job; `…, watched` are the same while somebody watches the live
// feed.
// `completed` also copies the file, and writes the manifest and the copy in KV.
// A `duplicate` counts in the record and is in the timeline, so the manifest and the row become outdated. The copy in
// KV is written five minutes later.
// A `submission` asks the gate before and after, and the reference's object in between; the id's object gets an alias.
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("counted.json", import.meta.url);
const COUNTED = JSON.parse(readFileSync(FILE, "utf8"));

/** Writes the counts to the file, a line for each step. */
export function writeCounted(counted) {
  const steps = (all) => Object.entries(all).map(([step, counts]) => `    ${JSON.stringify(step)}: ${JSON.stringify(counts).replace(/([:,])/g, "$1 ")}`);
  const sides = Object.entries(counted).map(([side, all]) => `  ${JSON.stringify(side)}: {\n${steps(all).join(",\n")}\n  }`);
  writeFileSync(FILE, `{\n${sides.join(",\n")}\n}\n`);
}

export const { hookvault: OPERATIONS, ...OF_TWINS } = COUNTED;

/** The steps of one job in `docs/cost.md`. */
export const LIFE = ["acquired", "look-up, unfinished", "completed", "look-up, finished", "file"];
/** The same steps while somebody watches the live feed. */
export const WATCHED_LIFE = LIFE.map((step) => (`${step}, watched` in OPERATIONS ? `${step}, watched` : step));

/**
 * What is not counted. The CPU time comes from `npm run cost -- --cpu`; the objects' active time is an assumption. A
 * job's object takes 16 KiB, its row in the catalog 0.8 KB; the manifest is in R2.
 */
export const MEASURED = {
  cpuMs: 60, activeSeconds: 1, objectBytes: 16_384 + 820, bucketBytes: 5_242_880 + 4_000, kvBytes: 2_000,
};

/**
 * Counts that may be lower. The request that submits a job and the job's alarm both write the alias in the id's object.
 * The second one finds nothing to do, or does it once more.
 */
const RACES = { submission: { objectRequests: 1, jobRowsRead: 1, jobRowsWritten: 1 } };

/** Tells whether a step's counts are the stored ones. */
export function isAsCounted(step, counts, expected = OPERATIONS[step]) {
  const columns = new Set([...Object.keys(counts), ...Object.keys(expected ?? {})]);
  return expected !== undefined && [...columns].every((column) => {
    const less = (expected?.[column] ?? 0) - (counts[column] ?? 0);
    return less >= 0 && less <= (RACES[step]?.[column] ?? 0);
  });
}
