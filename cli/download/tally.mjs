// Counts what happens to the files, and puts it into words.
import { plain } from "../../tools/setup/terminal.mjs";
import { count, size } from "../print.mjs";

const MOST_NAMED = 10;

export class Tally {
  known = 0;
  knownBytes = 0;
  done = 0;
  /** The bytes that are here, of finished and unfinished files. */
  bytes = 0;
  /** The bytes that came in this run. */
  fetched = 0;
  downloaded = 0;
  present = 0;
  proved = 0;
  coded = 0;
  jobs = 0;
  isListed = false;
  others = { pending: 0, lost: 0, skipped: 0 };
  /** @type {{ what: string, why: string }[]} */
  failures = [];

  addJob({ entries, others }) {
    this.jobs += 1;
    this.known += entries.length;
    for (const { file } of entries) this.knownBytes += file.size ?? 0;
    for (const [state, number] of Object.entries(others)) this.others[state] += number;
  }

  addBytes(length) {
    this.fetched += length;
    this.bytes += length;
  }

  addFile({ state, verified, coding, size: bytes }) {
    this.done += 1;
    this[state] += 1;
    if (state === "present") this.bytes += bytes ?? 0;
    if (verified === "md5") this.proved += 1;
    if (coding) this.coded += 1;
  }

  addFailure(what, why) {
    this.failures.push({ what, why });
  }

  /** Returns the lines for the end. */
  summary(path) {
    const { downloaded, present, proved, others, coded, failures } = this;
    const stored = downloaded + present;
    const lacking = Object.entries(others).filter(([, number]) => number > 0).map(([state, number]) => `${number} ${state}`);
    return [
      stored > 0 && `${count(downloaded, "file")} downloaded (${size(this.fetched)} in this run), ${present} already there, in ${plain(path)}`,
      stored > 0 && `${proved} verified by MD5${stored > proved ? `, ${stored - proved} only by size` : ""}`,
      coded > 0 && `${count(coded, "file")} compressed as the sender sent them (Content-Encoding)`,
      lacking.length > 0 && `not stored by hookvault, so not downloaded: ${lacking.join(", ")}`,
      stored + failures.length === 0 && this.isListed && `Nothing to download: ${this.jobs === 0 ? "no job with files matches" : "no file of these jobs is stored"}.`,
    ].filter(Boolean);
  }

  /** Returns the lines about what failed. */
  failed() {
    const { failures } = this;
    const more = failures.length - MOST_NAMED;
    const named = failures.slice(0, MOST_NAMED).map(({ what, why }) => `  ${plain(what)}: ${why}`);
    return [`${failures.length} failed:`, ...named, ...(more > 0 ? [`  and ${more} more`] : []), "Run the same command again: it fetches only what is missing."];
  }
}
