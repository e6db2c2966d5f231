// Handles webhooks: reads each once, in the Worker. Long texts go to R2 before the response.
import type { Context } from "hono";
import { json, JSON_OBJECT } from "./answers";
import { eventOf, idOf, parse, resultOf } from "./delivery";
import type { Env } from "./env";
import { problem } from "./problem";
import { isOneOf, settingsOf } from "./settings";
import type { Delivered, Delivery, Result } from "./types";

const MAX_OBJECT_TEXT = 256 * 1_024;

export type Call = Context<{ Bindings: Env }>;
export type HandOver = (c: Call, delivery: Delivery) => Promise<Delivered>;

/** Answers a webhook. `handOver` passes the delivery to its job. */
export const hook = (handOver: HandOver) => async (c: Call): Promise<Response> => {
  const { hookTokens, maxBodyBytes } = settingsOf(c.env);
  if (!isOneOf(c.req.param("token")!, hookTokens)) {
    return problem(401, "Unauthorized", "the webhook's URL must be https://…/hook/<HOOK_TOKEN>");
  }
  const receivedAt = Date.now();
  const tooLarge = () => problem(413, "Content Too Large", `the body is over ${maxBodyBytes} bytes; send less`);
  if (Number(c.req.header("content-length") ?? 0) > maxBodyBytes) return tooLarge();
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength > maxBodyBytes) return tooLarge();
  const sha256 = await digest(bytes);
  const text = decode(bytes);
  const body = text === null ? "the body is not UTF-8; send JSON as UTF-8" : parse(text);
  const id = typeof body === "string" ? null : idOf(text!, body);
  if (typeof body === "string" || id === null) {
    return unmatched(c.env, bytes, sha256, typeof body === "string" ? body : "the body has no job id", receivedAt);
  }
  const event = eventOf(text!, body);
  const [kept, result] = await Promise.all([
    keepBody(c.env, id, text!, bytes, sha256),
    event.type === "completed" ? keepResult(c.env, id, text!, body, sha256) : null,
  ]);
  if (result && "key" in kept && text!.length < bytes.byteLength) countBytes(text!, result);
  const origin = c.env.PUBLIC_URL ?? new URL(c.req.url).origin;
  const delivery: Delivery = { id, body: kept, bytes: bytes.byteLength, sha256, receivedAt, origin, event, result };
  return json(200, await handOver(c, delivery));
};

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

/** Stores a long body in R2 before the response. */
async function keepBody(env: Env, id: string, text: string, bytes: ArrayBuffer, sha256: string): Promise<Delivery["body"]> {
  if (bytes.byteLength <= MAX_OBJECT_TEXT) return { text };
  const key = `bodies/${id}/${sha256}`;
  await env.FILES.put(key, bytes, JSON_OBJECT);
  return { key };
}

/** Converts the positions of inline data to bytes, because R2 reads ranges of bytes, not of characters. */
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
