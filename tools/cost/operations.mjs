// The operations of each step of a job's life, exactly as `npm run cost -- --count` counts them: the bench and
// `limits/operations.test.mjs` hold them, and `docs/cost.md` reckons with them. A step's alarms are run to their end: nothing
// is pending then but what is minutes away. A change there is a change of what users pay: say why.
//
// `acquired` and `completed` are two deliveries of a job; `…, watched` are the same while somebody looks at the live feed.
// A `completed` job has its file copied, its manifest and its copy in KV written. A `duplicate` counts in the record and
// stands in the timeline, so the manifest and the row are outdated; the copy in KV is written five minutes later. A
// `submission` asks the gate before and after, the reference's object in between; the id's object is pointed here.
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("counted.json", import.meta.url);
const COUNTED = JSON.parse(readFileSync(FILE, "utf8"));

/** A step is a line. */
export function writeCounted(counted) {
  const steps = (all) => Object.entries(all).map(([step, counts]) => `    ${JSON.stringify(step)}: ${JSON.stringify(counts).replace(/([:,])/g, "$1 ")}`);
  const sides = Object.entries(counted).map(([side, all]) => `  ${JSON.stringify(side)}: {\n${steps(all).join(",\n")}\n  }`);
  writeFileSync(FILE, `{\n${sides.join(",\n")}\n}\n`);
}

export const { hookvault: OPERATIONS, ...OF_TWINS } = COUNTED;

/** What one job of `docs/cost.md` goes through. */
export const LIFE = ["acquired", "look-up, unfinished", "completed", "look-up, finished", "file"];
/** The same while somebody watches the live feed. */
export const WATCHED_LIFE = LIFE.map((step) => (`${step}, watched` in OPERATIONS ? `${step}, watched` : step));

/**
 * What is not counted: the processor's time is that of `npm run cost -- --cpu`; the objects' active time is
 * assumed; a job's object takes 16 KiB, its row in the catalog 0.8 KB; the manifest is in R2.
 */
export const MEASURED = {
  cpuMs: 60, activeSeconds: 1, objectBytes: 16_384 + 820, bucketBytes: 5_242_880 + 4_000, kvBytes: 2_000,
};

/**
 * What may be less: the request that submits a job and the job's alarm both point the id's object here, and the one
 * that comes second finds nothing to do or does it once more.
 */
const RACES = { submission: { objectRequests: 1, jobRowsRead: 1, jobRowsWritten: 1 } };

/** Whether a step's counts are those that were written down. */
export function isAsCounted(step, counts, expected = OPERATIONS[step]) {
  const columns = new Set([...Object.keys(counts), ...Object.keys(expected ?? {})]);
  return expected !== undefined && [...columns].every((column) => {
    const less = (expected?.[column] ?? 0) - (counts[column] ?? 0);
    return less >= 0 && less <= (RACES[step]?.[column] ?? 0);
  });
}
