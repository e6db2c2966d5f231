// Which jobs are shown: the query for the listing, and the test for a job that changes.

export const STATUSES = ["queued", "acquired", "completed", "failed", "cancelled", "retried"];
export const ARCHIVES = ["none", "pending", "stored", "partial", "lost"];
const HOUR = 3_600_000;
/** The values of `range` in the URL: how far back to look, in ms. */
export const RANGES = { "1h": HOUR, "24h": 24 * HOUR, "7d": 168 * HOUR, "30d": 720 * HOUR };
const NAMES = ["status", "archive", "queue", "app", "tag", "q", "range", "since", "until"];

/** Returns the URL's parameters that belong to the filter. */
export function readFilter(params) {
  return Object.fromEntries(NAMES.filter((name) => params[name]).map((name) => [name, params[name]]));
}

/** Returns the query for the listing. */
export function toQuery({ range, ...filter }, now) {
  const since = RANGES[range];
  return since ? { ...filter, since: Math.floor(now - since) } : filter;
}

/** Tells whether a job matches the filter, by the listing's own rules. */
export function matches({ status, archive, queue, app, tag, q, since, until }, job) {
  const prefix = q?.replace(/^ref:(?=.)/, "");
  return among(status, job.status) && among(archive, job.archive)
    && (!queue || job.queueName === queue) && (!app || job.app === app) && (!tag || job.tags.includes(tag))
    && (!prefix || [job.id, job.ref].some((name) => name?.replace(/^ref:/, "").startsWith(prefix)))
    && (!since || job.createdAt >= time(since)) && (!until || job.createdAt < time(until));
}

const among = (list, value) => !list || list.split(",").includes(value);
const time = (text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text));
