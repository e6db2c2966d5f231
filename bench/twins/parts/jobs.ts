// Answers readers of jobs.
import { JSON_HEADERS } from "./answers";
import { isId } from "./delivery";
import { ROOT } from "./env";
import type { Call } from "./hook";
import { problem } from "./problem";
import type { Filter, Listed, Place } from "./types";

const KV_SECONDS = 60;
const MAX_DAYS = 40;

export async function lookUp(c: Call): Promise<Response> {
  const id = c.req.param("id")!;
  // A reader who waits is answered by the job's object.
  if (c.req.query("wait") === undefined) {
    const copy = await c.env.RECORDS.get(id, { type: "stream", cacheTtl: KV_SECONDS });
    if (copy) return new Response(copy, { headers: JSON_HEADERS });
  }
  const record = isId(id) ? await c.env.JOBS.getByName(id).read() : null;
  return record === null
    ? problem(404, "Not Found", `no job ${id} is known`)
    : new Response(record, { headers: JSON_HEADERS });
}

export async function list(c: Call): Promise<Response> {
  const time = (text: string | undefined) => (text === undefined ? null : Number(text) || Date.parse(text));
  const { status = null, archive = null, queue = null, since, until, limit: most = "50", cursor } = c.req.query();
  const limit = Number(most);
  if (!(limit >= 1 && limit <= 200)) return problem(400, "Bad Request", "`limit` must be from 1 to 200");
  const filter: Filter = { status, archive, queue, since: time(since), until: time(until) };
  const after = cursor === undefined ? null : readCursor(cursor);
  if (after === undefined) return problem(400, "Bad Request", "`cursor` is not one that this route returned; leave it out to begin");
  const last = after && new Date(after.createdAt).toISOString().slice(0, 10);
  const days = await c.env.CATALOG.getByName(ROOT).days(filter, last, MAX_DAYS);
  const rows: { id: string; created_at: number; summary: string }[] = [];
  // Asks for one row more than it shows, to see whether there are more.
  for (const day of days) {
    rows.push(...(await c.env.CATALOG.getByName(day).list(filter, after, limit + 1 - rows.length)));
    if (rows.length > limit) break;
  }
  const shown = rows.slice(0, limit);
  const end = rows.length > limit ? shown.at(-1)! : null;
  const next = end && btoa(JSON.stringify([end.created_at, end.id]));
  const summaries = shown.map(({ summary }) => summary).join();
  return new Response(`{"jobs":[${summaries}],"cursor":${JSON.stringify(next)}}`, { headers: JSON_HEADERS });
}

function readCursor(text: string): Place | undefined {
  try {
    const [createdAt, id] = JSON.parse(atob(text));
    return typeof createdAt === "number" && typeof id === "string" ? { createdAt, id } : undefined;
  } catch {
    return undefined;
  }
}
