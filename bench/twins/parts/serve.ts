// Serves stored files according to RFC 9110: conditions, then one range.
import type { Context } from "hono";
import type { Env } from "./env";
import { mayRunScript } from "./media";
import { problem } from "./problem";
import { isOneOf } from "./settings";

type Asked = { offset: number; length?: number } | { suffix: number };

export async function serve(c: Context<{ Bindings: Env }>): Promise<Response> {
  const { id, nonce, file } = c.req.param() as { id: string; nonce: string; file: string };
  const key = `jobs/${id}/${file}`;
  const isHead = c.req.method === "HEAD";
  const asked = isHead ? null : parseRange(c.req.header("range"));
  const needsHead = isHead || (asked !== null && c.req.header("if-range") !== undefined);
  const object = await (needsHead ? c.env.FILES.head(key) : read(c.env.FILES, key, asked));
  if (!object) return missing(c, id, nonce, file);
  const body = "body" in object ? object.body : null;
  if (!isOneOf(object.customMetadata?.nonce ?? "", [nonce])) {
    await body?.cancel();
    return problem(404, "Not Found", "no file has this link");
  }
  const status = precondition(c, object);
  const headers = headersOf(c, object, file);
  if (status !== 200) {
    await body?.cancel();
    return status === 304 ? new Response(null, { status, headers }) : problem(412, "Precondition Failed");
  }
  if (isHead) return new Response(null, { headers: { ...headers, "content-length": String(object.size) } });
  const range = asked && isCurrent(c.req.header("if-range"), object) ? resolve(asked, object.size) : null;
  if (range === "none") {
    await body?.cancel();
    return problem(416, "Range Not Satisfiable", undefined, { "content-range": `bytes */${object.size}` });
  }
  const bytes = body ?? (await read(c.env.FILES, key, range && { ...range }))?.body;
  if (!bytes) return problem(404, "Not Found");
  if (!range) return new Response(bytes, { headers });
  const { offset, length } = range;
  const contentRange = `bytes ${offset}-${offset + length - 1}/${object.size}`;
  return new Response(bytes, { status: 206, headers: { ...headers, "content-range": contentRange } });
}

/** Reads from R2. R2 refuses a range that the file does not have; then `head` returns its size. */
async function read(bucket: R2Bucket, key: string, range: Asked | null): Promise<R2ObjectBody | R2Object | null> {
  if (!range) return bucket.get(key);
  if ("suffix" in range && range.suffix === 0) return bucket.head(key);
  return bucket.get(key, { range }).catch(() => bucket.head(key));
}

/** Parses `bytes=0-99`, `bytes=100-` or `bytes=-100`. Several ranges do not count. */
function parseRange(text: string | undefined): Asked | null {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(text ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return null;
  if (first === "") return { suffix: Number(last) };
  if (last === "") return { offset: Number(first) };
  return Number(last) < Number(first) ? null : { offset: Number(first), length: Number(last) - Number(first) + 1 };
}

function resolve(asked: Asked, size: number): { offset: number; length: number } | "none" {
  const offset = "suffix" in asked ? Math.max(0, size - asked.suffix) : asked.offset;
  const length = Math.min("suffix" in asked ? asked.suffix : (asked.length ?? size), size - offset);
  return length <= 0 ? "none" : { offset, length };
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1_000);

const tags = (header: string) => header.split(",").map((tag) => tag.trim());

/** Checks the conditions in the order of RFC 9110 §13.2.2. With a tag, the date does not matter. */
function precondition(c: Context, { httpEtag, uploaded }: R2Object): 200 | 304 | 412 {
  const stored = seconds(uploaded);
  const date = (name: string) => Date.parse(c.req.header(name) ?? "") / 1_000;
  const match = c.req.header("if-match");
  const isMeant = match === undefined ? !(stored > date("if-unmodified-since")) : match === "*" || tags(match).includes(httpEtag);
  if (!isMeant) return 412;
  const noneMatch = c.req.header("if-none-match");
  const isKnown = noneMatch === undefined
    ? stored <= date("if-modified-since")
    : noneMatch === "*" || tags(noneMatch).some((tag) => tag.replace(/^W\//, "") === httpEtag);
  return isKnown ? 304 : 200;
}

const isCurrent = (ifRange: string | undefined, { httpEtag, uploaded }: R2Object): boolean =>
  ifRange === undefined || ifRange === httpEtag || Date.parse(ifRange) / 1_000 === seconds(uploaded);

function headersOf(c: Context, { httpEtag, uploaded, httpMetadata }: R2Object, file: string): Record<string, string> {
  const type = httpMetadata?.contentType ?? "application/octet-stream";
  const isRisky = mayRunScript(type);
  const kind = isRisky || c.req.query("download") !== undefined ? "attachment" : "inline";
  return {
    "etag": httpEtag,
    "last-modified": uploaded.toUTCString(),
    "cache-control": "public, max-age=86400, no-transform",
    "content-type": type,
    "content-disposition": `${kind}; filename="${file.slice(file.indexOf("-") + 1)}"`,
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
    "accept-ranges": "bytes",
    ...(isRisky && { "content-security-policy": "sandbox; default-src 'none'" }),
  };
}

/** Answers for a file that is not in the bucket: only its job knows why. */
async function missing(c: Context<{ Bindings: Env }>, id: string, nonce: string, file: string): Promise<Response> {
  const state = await c.env.JOBS.getByName(id).stateOf(parseInt(file, 10), nonce);
  if (state === "pending") return problem(503, "Not Ready", "the file is still being copied", { "retry-after": "2" });
  if (state === "lost") return problem(410, "Gone", "the file could not be had");
  return problem(404, "Not Found", "no file has this link");
}
