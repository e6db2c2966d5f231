// What a TypeScript developer would write for the measured part of hookvault's contract: Hono, a Durable Object a job,
// R2 and KV. README.md tells what it leaves out.
import { Hono, type MiddlewareHandler } from "hono";
import { ROOT, type Filter, type Place } from "./catalog";
import { eventOf, idOf, isId, parse, resultOf } from "./delivery";
import type { Env } from "./env";
import { problem } from "./problem";
import { serve } from "./serve";
import { isOneOf, settingsOf } from "./settings";
import type { Delivery, Result } from "./types";

export { Catalog } from "./catalog";
export { Job } from "./job";

const MAX_OBJECT_TEXT = 256 * 1_024;
const KV_SECONDS = 60;
const MAX_DAYS = 40;
const JSON_HEADERS = {
  "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff",
};
const JSON_OBJECT = { httpMetadata: { contentType: "application/json" } };

const app = new Hono<{ Bindings: Env }>();

const json = (status: number, value: unknown): Response =>
  new Response(JSON.stringify(value), { status, headers: JSON_HEADERS });

const read: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
  const isKnown = (scheme === "Bearer" || scheme === "Key") && isOneOf(token ?? "", settingsOf(c.env).readTokens);
  if (!isKnown) return problem(401, "Unauthorized", "send `Authorization: Bearer <API_TOKEN>`");
  await next();
};

app.get("/healthz", (c) => c.json({ status: "ok" }));

app.post("/hook/:token", async (c) => {
  const { hookTokens, maxBodyBytes } = settingsOf(c.env);
  if (!isOneOf(c.req.param("token"), hookTokens)) {
    return problem(401, "Unauthorized", "the webhook's URL must be https://…/hook/<HOOK_TOKEN>");
  }
  const receivedAt = Date.now();
  const tooLarge = () => problem(413, "Content Too Large", `the body has more than ${maxBodyBytes} bytes`);
  if (Number(c.req.header("content-length") ?? 0) > maxBodyBytes) return tooLarge();
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength > maxBodyBytes) return tooLarge();
  const sha256 = await digest(bytes);
  const text = decode(bytes);
  const body = text === null ? "the body is not UTF-8" : parse(text);
  const id = typeof body === "string" ? null : idOf(text!, body);
  if (typeof body === "string" || id === null) {
    return unmatched(c.env, bytes, sha256, typeof body === "string" ? body : "the body holds no job id", receivedAt);
  }
  const event = eventOf(text!, body);
  const [kept, result] = await Promise.all([
    keepBody(c.env, id, text!, bytes, sha256),
    event.type === "completed" ? keepResult(c.env, id, text!, body, sha256) : null,
  ]);
  if (result && "key" in kept && text!.length < bytes.byteLength) countBytes(text!, result);
  const origin = c.env.PUBLIC_URL ?? new URL(c.req.url).origin;
  const delivery: Delivery = { id, body: kept, bytes: bytes.byteLength, sha256, receivedAt, origin, event, result };
  return json(200, await c.env.JOBS.getByName(id).deliver(delivery));
});

const digest = async (bytes: ArrayBuffer | Uint8Array): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: ArrayBuffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** A long body goes to R2 before anything is answered. */
async function keepBody(env: Env, id: string, text: string, bytes: ArrayBuffer, sha256: string): Promise<Delivery["body"]> {
  if (bytes.byteLength <= MAX_OBJECT_TEXT) return { text };
  const key = `bodies/${id}/${sha256}`;
  await env.FILES.put(key, bytes, JSON_OBJECT);
  return { key };
}

/** Inline data is found in R2 by its bytes, not by its characters. */
function countBytes(text: string, { found }: Result) {
  for (const { source } of found) {
    if (!("start" in source)) continue;
    const shift = encoder.encode(text.slice(0, source.start)).byteLength - source.start;
    source.start += shift;
    source.end += shift;
  }
}

async function keepResult(env: Env, id: string, text: string, body: object, sha256: string): Promise<Result> {
  const { template, found, skipped } = resultOf(text, body as Record<string, unknown>, sha256, env.ALLOWED_SOURCE_HOSTS);
  if (template.length <= MAX_OBJECT_TEXT) return { template: { text: template }, print: template, found, skipped };
  const bytes = encoder.encode(template);
  const key = `results/${id}/${sha256.slice(0, 16)}`;
  const [print] = await Promise.all([digest(bytes), env.FILES.put(key, bytes, JSON_OBJECT)]);
  return { template: { key }, print, found, skipped };
}

async function unmatched(env: Env, bytes: ArrayBuffer, sha256: string, reason: string, at: number): Promise<Response> {
  const key = `${String(at).padStart(13, "0")}-${sha256.slice(0, 16)}`;
  await env.FILES.put(`unmatched/${key}`, bytes, { customMetadata: { reason, receivedAt: String(at) } });
  return json(202, { unmatched: key, reason });
}

app.get("/jobs/:id", read, async (c) => {
  const id = c.req.param("id");
  // Who waits is answered by the job itself.
  if (c.req.query("wait") === undefined) {
    const copy = await c.env.RECORDS.get(id, { type: "stream", cacheTtl: KV_SECONDS });
    if (copy) return new Response(copy, { headers: JSON_HEADERS });
  }
  const record = isId(id) ? await c.env.JOBS.getByName(id).read() : null;
  return record === null
    ? problem(404, "Not Found", `no job ${id} is known`)
    : new Response(record, { headers: JSON_HEADERS });
});

app.get("/jobs", read, async (c) => {
  const time = (text: string | undefined) => (text === undefined ? null : Number(text) || Date.parse(text));
  const { status = null, archive = null, queue = null, since, until, limit: most = "50", cursor } = c.req.query();
  const limit = Number(most);
  if (!(limit >= 1 && limit <= 200)) return problem(400, "Bad Request", "`limit` must be from 1 to 200");
  const filter: Filter = { status, archive, queue, since: time(since), until: time(until) };
  const after = cursor === undefined ? null : readCursor(cursor);
  if (after === undefined) return problem(400, "Bad Request", "`cursor` is none that this route has given");
  const last = after && new Date(after.createdAt).toISOString().slice(0, 10);
  const days = await c.env.CATALOG.getByName(ROOT).days(filter, last, MAX_DAYS);
  const rows: { id: string; created_at: number; summary: string }[] = [];
  // One more than is shown tells whether there are more.
  for (const day of days) {
    rows.push(...(await c.env.CATALOG.getByName(day).list(filter, after, limit + 1 - rows.length)));
    if (rows.length > limit) break;
  }
  const shown = rows.slice(0, limit);
  const end = rows.length > limit ? shown.at(-1)! : null;
  const next = end && btoa(JSON.stringify([end.created_at, end.id]));
  const summaries = shown.map(({ summary }) => summary).join();
  return new Response(`{"jobs":[${summaries}],"cursor":${JSON.stringify(next)}}`, { headers: JSON_HEADERS });
});

function readCursor(text: string): Place | undefined {
  try {
    const [createdAt, id] = JSON.parse(atob(text));
    return typeof createdAt === "number" && typeof id === "string" ? { createdAt, id } : undefined;
  } catch {
    return undefined;
  }
}

app.on(["GET", "HEAD"], "/files/:id/:nonce/:file", serve);

app.notFound(() => problem(404, "Not Found"));
app.onError((error) => {
  console.error(error);
  return problem(503, "Service Unavailable", "try again", { "retry-after": "1" });
});

export default app;
