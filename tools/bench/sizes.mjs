// How much is measured: in full, and in a minute.
const MiB = 1024 * 1024;

export const exactly = (turns) => ({ least: turns, most: turns });

/**
 * Whether a turn is to be made after so many: beyond the least, if it ends before the time is up.
 *
 * @param {number} seconds that all turns may take
 * @param {number} passed the seconds that those before have taken
 */
export const isWanted = (made, { least, most }, seconds, passed) =>
  made < least || (made < most && (passed / made) * (made + 1) <= seconds);

export const FULL = {
  /** As many as fit into each group's time. */
  turns: { least: 2, most: 5 },
  /** Turns in which V8 compiles what is hot, before those that count. */
  warmUps: 3,
  /** New jobs a turn. Their objects stay open for ten seconds each, with three file descriptors. */
  jobs: 800,
  lookUps: 2_000,
  known: 200,
  small: { jobs: 200, bytes: MiB },
  /** A turn is 6 GiB. One is enough for memory, which hardly differs from turn to turn. */
  large: { bytes: 1024 * MiB, turns: { least: 1, most: 3 } },
  inlineBytes: 20 * MiB,
  starts: 100,
  /** `many` is an even number of `few`: half of it is read too. */
  memory: { few: 1_000, many: 100_000 },
  bodyBytes: 32 * MiB,
};

export const QUICK = {
  turns: exactly(2),
  warmUps: 1,
  jobs: 150,
  lookUps: 400,
  known: 30,
  small: { jobs: 10, bytes: MiB },
  large: { bytes: 128 * MiB, turns: exactly(1) },
  inlineBytes: 10 * MiB,
  starts: 5,
  memory: { few: 500, many: 2_000 },
  bodyBytes: 8 * MiB,
};

/** Requests in flight at a time. */
export const CONNECTIONS = 16;
