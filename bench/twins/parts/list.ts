// A page of the list: the same statement over either twin's rows.
import type { Filter, Place } from "./types";

/** Returns the query for a day's jobs after a position, the newest first. */
export function query(filter: Filter, after: Place | null, limit: number): { sql: string; values: (string | number)[] } {
  const terms: string[] = [];
  const values: (string | number)[] = [];
  const term = (text: string, ...given: (string | number | null)[]) => {
    if (given.includes(null)) return;
    terms.push(text);
    values.push(...(given as (string | number)[]));
  };
  term("status = ?", filter.status);
  term("archive = ?", filter.archive);
  term("queue = ?", filter.queue);
  term("created_at >= ?", filter.since);
  term("created_at < ?", filter.until);
  if (after) term("(created_at, id) < (?, ?)", after.createdAt, after.id);
  const sql = `SELECT id, created_at, summary FROM jobs WHERE ${terms.join(" AND ") || "1"}
       ORDER BY created_at DESC, id DESC LIMIT ?`;
  return { sql, values: [...values, limit] };
}

export const dayOfTime = (time: number | null) => time !== null && new Date(time).toISOString().slice(0, 10);

/** Tells whether a day with these sums may contain matching jobs. */
export function isMeant({ status, archive }: Filter, sums: string): boolean {
  const counts: Record<string, number> = status || archive ? JSON.parse(sums) : {};
  return Boolean((!status || counts[`status ${status}`]) && (!archive || counts[`archive ${archive}`]));
}

export function add(sums: Record<string, number>, numbers: Record<string, number>, factor: number) {
  for (const [name, number] of Object.entries(numbers)) sums[name] = (sums[name] ?? 0) + factor * number;
}
