// How much is measured: in full, and in a minute.
const MiB = 1024 * 1024;

export const FULL = {
  turns: 5,
  /** New jobs a turn. Their objects stay open for ten seconds each, with three file descriptors. */
  jobs: 1_000,
  lookUps: 3_000,
  known: 200,
  small: { jobs: 200, bytes: MiB },
  /** A turn is 6 GiB. Three are enough for memory, which hardly differs from turn to turn. */
  large: { bytes: 1024 * MiB, turns: 3 },
  inlineBytes: 20 * MiB,
  starts: 30,
  /** `many` is an even number of `few`: half of it is read too. */
  memory: { few: 1_000, many: 100_000 },
};

export const QUICK = {
  turns: 2,
  jobs: 300,
  lookUps: 800,
  known: 30,
  small: { jobs: 20, bytes: MiB },
  large: { bytes: 128 * MiB, turns: 2 },
  inlineBytes: 20 * MiB,
  starts: 5,
  memory: { few: 500, many: 3_000 },
};

/** Requests in flight at a time. */
export const CONNECTIONS = 16;
