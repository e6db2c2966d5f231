// What a TypeScript developer would write for the measured part of hookvault's contract: Hono, a
// Durable Object a job, R2 and KV.
import { Hono, type MiddlewareHandler } from "hono";
import { DAYS } from "./catalog";
import type { Delivery, Env, EventBody } from "./types";

export { Catalog } from "./catalog";
export { Job } from "./job";

const ID = /^(?!\.+$)[A-Za-z0-9._:-]{1,128}$/;
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_OBJECT_TEXT = 256 * 1024;
const KV_SECONDS = 60;
const encoder = new TextEncoder();

const app = new Hono<{ Bindings: Env }>();

const problem = (status: number, title: string) =>
  Response.json({ title, status }, { status, headers: { "content-type": "application/problem+json" } });

function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [encoder.encode(given), encoder.encode(wanted)];
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
}

const api: MiddlewareHandler<{ Bindings: Env }> = async (c, next) => {
  const [scheme, token] = (c.req.header("authorization") ?? "").split(" ");
  const isKnown = scheme === "Bearer" || scheme === "Key";
  if (!isKnown || !isEqual(token ?? "", c.env.API_TOKEN)) return problem(401, "Unauthorized");
  await next();
};

app.get("/healthz", (c) => c.text("ok\n"));

app.post("/hook/:token", async (c) => {
  if (!isEqual(c.req.param("token"), c.env.HOOK_TOKEN)) return problem(401, "Unauthorized");
  const limit = Number(c.env.MAX_BODY_BYTES ?? MAX_BODY_BYTES);
  if (Number(c.req.header("content-length") ?? 0) > limit) return problem(413, "Content Too Large");
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength > limit) return problem(413, "Content Too Large");
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const text = new TextDecoder().decode(bytes);
  const id = idOf(text);
  if (id === undefined) {
    const key = `unmatched/${Date.now()}-${sha256.slice(0, 16)}`;
    await c.env.FILES.put(key, bytes);
    return c.json({ unmatched: key, reason: "the body holds no job id" }, 202);
  }
  let body: Delivery["body"] = { text };
  if (bytes.byteLength > MAX_OBJECT_TEXT) {
    body = { key: `bodies/${id}/${sha256}` };
    await c.env.FILES.put(body.key, bytes);
  }
  const { origin } = new URL(c.req.url);
  const answer = await c.env.JOBS.getByName(id).deliver({ id, body, sha256, receivedAt: Date.now(), origin });
  return c.json(answer, 200, { "cache-control": "no-store" });
});

/** The body's own id, else the id in the names of the output files. */
function idOf(text: string): string | undefined {
  let event: EventBody;
  try {
    event = JSON.parse(text);
  } catch {
    return undefined;
  }
  const own = event?.jobId ?? event?.job_id ?? event?.request_id ?? event?.requestId;
  const id = own ?? /\/outputs\/[^/"]+\/(\d+)_\d+_/.exec(text)?.[1];
  return id !== undefined && ID.test(String(id)) ? String(id) : undefined;
}

app.get("/jobs/:id", api, async (c) => {
  const id = c.req.param("id");
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  if (c.req.query("wait") === undefined) {
    const copy = await c.env.RECORDS.get(id, { type: "stream", cacheTtl: KV_SECONDS });
    if (copy) return c.body(copy, 200, headers);
  }
  const record = ID.test(id) ? await c.env.JOBS.getByName(id).read() : null;
  return record === null ? problem(404, "Not Found") : c.body(record, 200, headers);
});

app.get("/jobs", api, async (c) => {
  const limit = Math.min(Number(c.req.query("limit") ?? 50), 200);
  const rows: string[] = [];
  for (const day of await c.env.CATALOG.getByName(DAYS).days()) {
    rows.push(...(await c.env.CATALOG.getByName(day).list(c.req.query("status") ?? null, limit - rows.length)));
    if (rows.length >= limit) break;
  }
  return c.body(`{"jobs":[${rows.join()}]}`, 200, { "content-type": "application/json" });
});

app.on(["GET", "HEAD"], "/files/:id/:nonce/:file", async (c) => {
  const { id, nonce, file } = c.req.param();
  const range = c.req.header("range");
  const parsed = range ? /^bytes=(\d+)-(\d*)$/.exec(range) : null;
  const asked = parsed && {
    offset: Number(parsed[1]),
    ...(parsed[2] ? { length: Number(parsed[2]) - Number(parsed[1]) + 1 } : {}),
  };
  const object = await c.env.FILES.get(`jobs/${id}/${file}`, asked ? { range: asked } : {});
  if (!object || !isEqual(object.customMetadata?.nonce ?? "", nonce)) return problem(404, "Not Found");
  const headers = new Headers({ etag: object.httpEtag, "accept-ranges": "bytes" });
  object.writeHttpMetadata(headers);
  headers.set("cache-control", "private, max-age=86400");
  headers.set("x-content-type-options", "nosniff");
  if (c.req.header("if-none-match") === object.httpEtag) return new Response(null, { status: 304, headers });
  if (!asked) return new Response(object.body, { headers });
  const { offset, length = object.size - offset } = asked;
  const last = Math.min(offset + length, object.size) - 1;
  headers.set("content-range", `bytes ${offset}-${last}/${object.size}`);
  return new Response(object.body, { status: 206, headers });
});

export default app;
