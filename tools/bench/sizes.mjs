// How much is measured: in full, and in a minute.
const MiB = 1024 * 1024;

export const exactly = (turns) => ({ least: turns, most: turns });

/**
 * Tells whether another turn should follow: always up to the least, then only if it ends before the time is up.
 *
 * @param {number} seconds the most that all turns may take
 * @param {number} passed the seconds that the turns so far have taken
 */
export const isWanted = (made, { least, most }, seconds, passed) =>
  made < least || (made < most && (passed / made) * (made + 1) <= seconds);

export const FULL = {
  /** As many turns as fit into each group's time. */
  turns: { least: 2, most: 5 },
  /** The turns in which V8 compiles the hot code, before those that count. */
  warmUps: 3,
  /** New jobs in each turn. Their objects stay open for ten seconds, with three file descriptors each. */
  jobs: 800,
  lookUps: 2_000,
  known: 200,
  small: { jobs: 200, bytes: MiB },
  /** A turn is 6 GiB. One is enough for memory, which hardly differs between turns. */
  large: { bytes: 1024 * MiB, turns: { least: 1, most: 3 } },
  inlineBytes: 20 * MiB,
  starts: 100,
  /** `many` is an even multiple of `few`, because memory is read after half of it too. */
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

/** How many requests are open at a time. */
export const CONNECTIONS = 16;
