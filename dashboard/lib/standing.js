// The state of a job's files: which of its outputs are not stored, why, and whether anything can be done.
import { now } from "./clock.js";

/** The words for the files' state, if nothing else is known. */
export const ARCHIVE_WORDS = { none: "no files", pending: "pending", stored: "stored", partial: "partial", lost: "lost" };

/** Returns `[kind, word, why]`. `record` contains more than a row of the wall. */
export function archiveOf({ archive, files }, record) {
  if (archive === "partial" && files.length === 0) return ["partial", "not copied"];
  if (archive !== "pending" || !record) return [archive, ARCHIVE_WORDS[archive] ?? archive];
  const why = waitsFor(record);
  return why ? ["waiting", "waiting", why] : ["pending", "copying"];
}

/** Returns why no pending file is being copied now, if that is so. */
export function waitsFor({ files }) {
  const whys = files.filter(({ state }) => state === "pending").map(whyNotYet);
  return whys.every(Boolean) ? whys[0] : undefined;
}

/** Returns why a file is not copied yet; undefined while it only waits for its turn. */
export function whyNotYet({ state, error, expiresAt }) {
  if (state !== "pending") return undefined;
  return error ?? (expiresAt !== null && expiresAt <= now() ? "its URL has expired, and the queue is asked for a new one" : undefined);
}

/**
 * Groups the outputs that are not stored. First by the entry of `ALLOWED_SOURCE_HOSTS` that would admit them: those
 * that `allowed` lacks (`barred`), and those that it has by now (`mended`). The others are grouped by their reason.
 * `copyable` is how many can be tried.
 */
export function troublesOf({ files, skipped }, allowed) {
  const [barred, mended, others] = [new Map(), new Map(), new Map()];
  const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const one of [...skipped, ...files]) {
    const entry = entryOf(one);
    const said = saidOf(one);
    if (entry) count(allowed && allows(allowed, entry) ? mended : barred, entry);
    else if (said) count(others, said);
  }
  const tried = (one) => saidOf(one) && !barred.has(entryOf(one)) && (one.state || mended.has(entryOf(one)));
  return { barred, mended, others, copyable: [...skipped, ...files].filter(tried).length };
}

function saidOf(one) {
  if (one.state === undefined) return `output not copied: ${one.reason}`;
  if (one.state === "lost") return `file lost: ${one.error ?? "its source is gone"}`;
  const why = whyNotYet(one);
  return why && `file not copied yet: ${why}`;
}

/** Returns the entry that `ALLOWED_SOURCE_HOSTS` would need; for a file whose host it once had, that host. */
function entryOf({ allow, state, error, sourceHost }) {
  return allow ?? (state === "pending" && /^the URL: .*not allowed$/.test(error) ? sourceHost : undefined);
}

function allows(entries, wanted) {
  // A loopback host without a port is allowed on any port, and by plain http.
  const [, loopback] = /^(?:http:\/\/)?(localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/.exec(wanted) ?? [];
  const covers = (entry) => {
    const [scheme, domain] = entry.split("*.");
    return domain !== undefined && wanted.startsWith("http://") === (scheme !== "") && wanted.endsWith(`.${domain}`);
  };
  return entries.some((entry) => entry === wanted || entry === loopback || covers(entry));
}
