// The line that shows how far a download is.
import { size } from "../print.mjs";

const WIDTH = 24;
/** The rate is that of the last seconds. */
const RATE_MS = 5_000;

/** Returns a function that makes the line of the moment: with a bar on a terminal. @param {import("./tally.mjs").Tally} tally */
export function progressOf(tally, { isTTY, columns = 80 } = process.stderr, now = () => performance.now()) {
  const samples = [];
  const rate = () => {
    samples.push([now(), tally.fetched]);
    while (samples.length > 2 && samples[0][0] < now() - RATE_MS) samples.shift();
    const [[from, before], [until, after]] = [samples[0], samples.at(-1)];
    return until > from ? ((after - before) / (until - from)) * 1_000 : 0;
  };
  return () => (isTTY ? `${bar(tally)} ${line(tally, rate())}`.slice(0, columns - 1) : line(tally, rate()));
}

function bar({ bytes, knownBytes }) {
  const filled = knownBytes > 0 ? Math.min(WIDTH, Math.floor((bytes / knownBytes) * WIDTH)) : 0;
  return `[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}]`;
}

/** Returns the line. A plus says that jobs are still being listed. */
function line({ done, known, isListed, bytes, knownBytes, failures }, rate) {
  const failed = failures.length > 0 ? [`${failures.length} failed`] : [];
  return [`${done}/${known}${isListed ? "" : "+"} files`, `${size(bytes)} of ${size(knownBytes)}`, `${size(rate)}/s`, ...failed].join("  ");
}
