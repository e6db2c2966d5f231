// How a job's files stand: what of its outputs is not here, why, and whether anything can be done about it.
import { now } from "./clock.js";

/** What the state of the files is called where nothing is known but that. */
export const ARCHIVE_WORDS = { none: "no files", pending: "pending", stored: "stored", partial: "partial", lost: "lost" };

/** `[kind, word, why]`; `record` tells more than a row of the wall does. */
export function archiveOf({ archive, files }, record) {
  if (archive === "partial" && files.length === 0) return ["partial", "not copied"];
  if (archive !== "pending" || !record) return [archive, ARCHIVE_WORDS[archive] ?? archive];
  const why = waitsFor(record);
  return why ? ["waiting", "waiting", why] : ["pending", "copying"];
}

/** Why none of the files that are to be copied is just now, if it is so. */
export function waitsFor({ files }) {
  const whys = files.filter(({ state }) => state === "pending").map(whyNotYet);
  return whys.every(Boolean) ? whys[0] : undefined;
}

/** Why a file is not copied yet; nothing while it is only its turn that it waits for. */
export function whyNotYet({ state, error, expiresAt }) {
  if (state !== "pending") return undefined;
  return error ?? (expiresAt !== null && expiresAt <= now() ? "its URL has expired, and the queue is asked for a new one" : undefined);
}

/**
 * The outputs that are not here: by the entry of `ALLOWED_SOURCE_HOSTS` that would let them in, those that `allowed` lacks
 * and those that it has by now, and by what is said of the others. `copyable` is how many can be tried.
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

/** What `ALLOWED_SOURCE_HOSTS` would have to name; of a file that it named once, its host. */
function entryOf({ allow, state, error, sourceHost }) {
  return allow ?? (state === "pending" && /^the URL: .*not allowed$/.test(error) ? sourceHost : undefined);
}

function allows(entries, wanted) {
  // A loopback host without a port is allowed on any, and by plain http.
  const [, loopback] = /^(?:http:\/\/)?(localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/.exec(wanted) ?? [];
  const covers = (entry) => {
    const [scheme, domain] = entry.split("*.");
    return domain !== undefined && wanted.startsWith("http://") === (scheme !== "") && wanted.endsWith(`.${domain}`);
  };
  return entries.some((entry) => entry === wanted || entry === loopback || covers(entry));
}
