// The operations of each step of a job's life, exactly as `limits/operations.test.mjs` counts them, and
// what `docs/cost.md` reckons with. A step's alarms are run to their end: nothing is pending then
// but what is minutes away. A change here is a change of what users pay: say why.

export const OPERATIONS = {
  // Rows of the job: its value, and the alarm that rings later anyway. The Worker tells the
  // catalog, whose rows are: a new row of the day with its three indexes, sums and number, the outbox's alarm, watchdog and
  // their end; the day and a row with two indexes in `root`. Objects: the job, the day, `root`.
  acquired: {
    requests: 1, objectRequests: 3, alarms: 1,
    jobRowsRead: 3, jobRowsWritten: 2, catalogRowsRead: 13, catalogRowsWritten: 11,
  },
  // KV is asked first: it does not know yet that the job is not at rest.
  "look-up, unfinished": { requests: 1, objectRequests: 1, jobRowsRead: 2, kvReads: 1 },
  // One run does all: the delivery's write has begun it. It sets its watchdog, writes the copy's
  // end and its own, and clears the alarm. The catalog is told once, after a copy that took no second; class A are the
  // file and the manifest.
  completed: {
    requests: 1, objectRequests: 3, alarms: 2,
    jobRowsRead: 3, jobRowsWritten: 6, catalogRowsRead: 14, catalogRowsWritten: 11,
    classA: 2, kvWrites: 1, fetches: 1,
  },
  "look-up, finished": { requests: 1, kvReads: 1 },
  file: { requests: 1, classB: 1 },
  // `root` is asked for the days, then the day for its rows. It holds two jobs here, and a row is
  // read for each; and one for the day.
  "page of two jobs": { requests: 1, objectRequests: 2, catalogRowsRead: 3 },
  // It counts in the record and stands in the timeline, so the manifest and the row are outdated;
  // the copy in KV is written five minutes later.
  duplicate: {
    requests: 1, objectRequests: 3, alarms: 2,
    jobRowsRead: 2, jobRowsWritten: 5, catalogRowsRead: 11, catalogRowsWritten: 7, classA: 1,
  },
  // The gate is asked before and after, the reference's object in between; the id's object is
  // pointed here, and the catalog is told before the upstream has answered and after.
  submission: {
    requests: 1, objectRequests: 8, alarms: 4,
    jobRowsRead: 11, jobRowsWritten: 18, catalogRowsRead: 27, catalogRowsWritten: 22, fetches: 1,
  },
};

/** The same of the twins, `bench/twins`. */
export const OF_TWINS = {
  conventional: {
    acquired: {
      requests: 1, objectRequests: 3, alarms: 2,
      jobRowsRead: 5, jobRowsWritten: 9, catalogRowsRead: 11, catalogRowsWritten: 16,
    },
    "look-up, unfinished": { requests: 1, objectRequests: 1, jobRowsRead: 1, kvReads: 1 },
    completed: {
      requests: 1, objectRequests: 3, alarms: 2,
      jobRowsRead: 11, jobRowsWritten: 12, catalogRowsRead: 14, catalogRowsWritten: 15,
      classA: 2, kvWrites: 1, fetches: 1,
    },
    "look-up, finished": { requests: 1, kvReads: 1 },
    file: { requests: 1, classB: 1 },
    "page of two jobs": { requests: 1, objectRequests: 2, catalogRowsRead: 3 },
    duplicate: {
      requests: 1, objectRequests: 3, alarms: 2,
      jobRowsRead: 11, jobRowsWritten: 8, catalogRowsRead: 14, catalogRowsWritten: 12, classA: 1,
    },
  },
  // Of a delivery the record, and the alarm if none rings early enough. A run moves it to the watchdog, notes each
  // copy's end, and then its own, with the alarm's. A row of the day, and one of its sums.
  "same-design": {
    acquired: { requests: 1, objectRequests: 2, jobRowsRead: 1, jobRowsWritten: 2, catalogRowsRead: 2, catalogRowsWritten: 2 },
    "look-up, unfinished": { requests: 1, objectRequests: 1, jobRowsRead: 1, kvReads: 1 },
    completed: {
      requests: 1, objectRequests: 2, alarms: 1,
      jobRowsRead: 7, jobRowsWritten: 6, catalogRowsRead: 3, catalogRowsWritten: 2,
      classA: 2, kvWrites: 1, fetches: 1,
    },
    "look-up, finished": { requests: 1, kvReads: 1 },
    file: { requests: 1, classB: 1 },
    // `root` asks the day for its sums, which writes that it does not know what comes after: so what comes next, here
    // the duplicate, tells it that there is news.
    "page of two jobs": { requests: 1, objectRequests: 3, catalogRowsRead: 6, catalogRowsWritten: 2 },
    duplicate: {
      requests: 1, objectRequests: 3, alarms: 1,
      jobRowsRead: 6, jobRowsWritten: 5, catalogRowsRead: 3, catalogRowsWritten: 3, classA: 1,
    },
  },
};

/** What one job of `docs/cost.md` goes through. */
export const LIFE = ["acquired", "look-up, unfinished", "completed", "look-up, finished", "file"];

/**
 * What is not counted: the processor's time is that of `npm run cost -- --cpu`; the objects' active time is
 * assumed; a job's object takes 16 KiB, its rows in the catalog 0.9 KB; the manifest is in R2.
 */
export const MEASURED = {
  cpuMs: 58, activeSeconds: 1, objectBytes: 16_384 + 900, bucketBytes: 5_242_880 + 4_000, kvBytes: 2_000,
};
