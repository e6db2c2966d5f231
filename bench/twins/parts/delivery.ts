// Reads a delivery once, in the Worker: its job, its event, and the files of its result.
import { decode, pointer, walk, type Path } from "./json";
import { endingOf, sniff, typeOfName } from "./media";
import { check, deadline, identityOf, isPresigned } from "./sources";
import type { Event, Found, Skipped } from "./types";

const ID = /^(?!\.+$)(?!ref:)[A-Za-z0-9._:-]{1,128}$/;
const ID_KEYS = ["jobId", "job_id", "request_id", "requestId"];
const ENVELOPE = new Set(["eventType", "jobId", "queueName", "workerName", "leaseExpiry", "acquiredAt", "updatedAt",
  "webhookUrl"]);
const MAX_FILES = 500;
const MAX_SKIPPED = 50;
const MAX_POINTERS = 8;
const MIN_INLINE_CHARS = 1_024;
const HEAD_CHARS = 512;
const MAX_ERROR_CHARS = 16 * 1_024;

type Json = Record<string, unknown>;

export const isId = (text: string): boolean => ID.test(text);

/** Returns the mark for file `n` in a result's template. No JSON text contains such a character. */
const mark = (n: number) => `\u0001${n}\u0001`;

/** Returns the result's text, with `write(n)` in place of each file's mark. */
export const fill = (template: string, write: (n: number) => string): string =>
  template.replace(/\x01(\d+)\x01/g, (_, n) => write(Number(n)));

/** Returns the delivery's body as JSON, or why it is not a JSON object. */
export function parse(text: string): Json | string {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && !Array.isArray(body)
      ? (body as Json)
      : "the body is no JSON object";
  } catch {
    return text ? "the body is no JSON" : "the body is empty";
  }
}

/** Returns the body's own id, else the id in the names of the output files, if they agree. */
export function idOf(text: string, body: Json): string | null {
  for (const key of ID_KEYS) {
    const value = body[key];
    if (typeof value === "string") return isId(value) ? value : null;
    if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : written(text, key);
  }
  const outputs = text.matchAll(/"https?:\\?\/[^"?#]*?\/outputs\\?\/[^"?#/\\]+\\?\/(\d+)_\d+_[^"?#/\\]/g);
  const ids = new Set(Array.from(outputs, ([, id]) => id!));
  const [id] = ids;
  return ids.size === 1 && isId(id!) ? id! : null;
}

/** Returns a member's value exactly as it was written. */
function written(text: string, wanted: string): string | null {
  let value: string | null = null;
  walk(text, {
    member(key, _start, colon, end) {
      if (key === wanted) value = text.slice(text.indexOf(":", colon) + 1, end).trim();
    },
  });
  return value;
}

export function eventOf(text: string, body: Json): Event {
  const cause = ["error", "message", "detail"].find((key) => body[key] != null);
  const isFailure = body.eventType === "failed" && cause !== undefined;
  return {
    type: string(body.eventType), queueName: string(body.queueName), workerName: string(body.workerName),
    leaseExpiry: time(body.leaseExpiry), acquiredAt: time(body.acquiredAt), updatedAt: time(body.updatedAt),
    error: isFailure ? short(written(text, cause)) : null,
  };
}

const string = (value: unknown) => (typeof value === "string" ? value.slice(0, 200) : null);
const time = (value: unknown) => (typeof value === "number" && value >= 0 ? Math.trunc(value) : null);
const short = (error: string | null) =>
  error && error.length > MAX_ERROR_CHARS
    ? '"the error is too long; see the delivery\'s body in the timeline"'
    : error;

/** A parsed result: its text with a mark in place of each file, and the files. */
export interface Reading {
  template: string;
  found: Found[];
  skipped: Skipped[];
}

/** Reads the result of a `completed` body: everything except the envelope. */
export function resultOf(text: string, body: Json, sha256: string, hosts?: string): Reading {
  const found: Found[] = [];
  const skipped: Skipped[] = [];
  const edits: Edit[] = [];
  const numbers = new Map<string, number>();
  const skip = (path: Path, host: string | null, reason: string) => {
    if (skipped.length < MAX_SKIPPED) skipped.push({ pointer: pointer(path), host, reason });
  };
  walk(text, {
    string(path, start, end) {
      if (ENVELOPE.has(path[0] as string)) return;
      const file = inlineAt(text, path, start, end, sha256) ?? linkAt(text, path, start, end, body, hosts);
      if (!file) return;
      if ("reason" in file) {
        skip(path, file.host, file.reason);
        if (file.masked) edits.push({ start, end, by: JSON.stringify(file.masked) });
        return;
      }
      let n = numbers.get(file.identity);
      if (n === undefined) {
        if (found.length >= MAX_FILES) return skip(path, null, "too many");
        n = found.push(file) - 1;
        numbers.set(file.identity, n);
      }
      const { pointers } = found[n]!;
      if (pointers.length < MAX_POINTERS) pointers.push(pointer(path));
      edits.push({ start, end, by: mark(n) });
    },
    member(key, start, _colon, end) {
      if (ENVELOPE.has(key)) edits.push({ start, end, by: "" });
    },
  });
  return { template: edited(text, edits), found, skipped };
}

interface Edit {
  start: number;
  end: number;
  by: string;
}

/** Applies the edits. A member that is removed takes its comma along. */
function edited(text: string, edits: Edit[]): string {
  let [out, at] = ["", 0];
  for (const { start, end, by } of edits) {
    out += text.slice(at, start) + by;
    at = by ? end : afterComma(text, end);
  }
  const rest = text.slice(at);
  // The last member has no comma after it, so the one before it goes.
  return rest.trim() === "}" ? out.replace(/,\s*$/, "") + rest : out + rest;
}

const afterComma = (text: string, at: number): number =>
  text[at] === "," ? at + 1 + /^\s*/.exec(text.slice(at + 1, at + 64))![0].length : at;

interface Refused {
  host: string | null;
  reason: string;
  masked: string | null;
}

/** Returns a URL that may be fetched, or a refused URL of media. */
function linkAt(
  text: string, path: Path, start: number, end: number, body: Json, hosts?: string,
): Found | Refused | null {
  if (text.slice(start + 1, start + 5).toLowerCase() !== "http") return null;
  const value = decode(text.slice(start, end));
  if (!/^https?:\/\//i.test(value)) return null;
  const url = check(value, hosts);
  if (url instanceof URL) return fileAt(url, value, body, path);
  const refused = URL.parse(value);
  const isSigned = refused !== null && isPresigned(refused);
  if (!isSigned && !typeOfName(refused?.pathname ?? value)) return null;
  return { host: refused?.hostname ?? null, reason: url, masked: isSigned ? `${value.split("?")[0]}?***` : null };
}

function fileAt(url: URL, value: string, body: Json, path: Path): Found {
  const beside = path.slice(0, -1).reduce<any>((node, step) => node?.[step], body);
  const type = beside?.content_type;
  const last = decoded(url.pathname.slice(url.pathname.lastIndexOf("/") + 1));
  return {
    identity: identityOf(url), pointers: [], name: safe(last.replace(/^\d+_\d+_(?=.)/, "")),
    source: { url: value, host: url.host },
    contentType: typeof type === "string" ? type.slice(0, 100) : null,
    expiresAt: deadline(url) ?? pointInTime(beside?.expires_at),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pointInTime(value: unknown): number | null {
  if (typeof value === "number") return value < 1e12 ? value * 1_000 : value;
  return (typeof value === "string" && Date.parse(value)) || null;
}

const safe = (name: string) => name.replace(/[^\w.-]/g, "_").slice(-100).replace(/^\.+/, "") || "file";

function nameOfPlace(path: Path, type: string | null): string {
  const stem = path.findLast((step) => typeof step === "string" && !/^(|data_ur[il]|b64_json|url)$/.test(step));
  return safe(`${stem ?? "file"}.${endingOf(type)}`);
}

/** Returns a `data:` URI, or bare base64 of a known media type under a key that means it. */
function inlineAt(text: string, path: Path, start: number, end: number, sha256: string): Found | null {
  if (end - start <= MIN_INLINE_CHARS + 2) return null;
  const head = text.slice(start + 1, start + 1 + HEAD_CHARS);
  const uri = /^data:([\w!#$&^.+-]+\/[\w!#$&^.+-]+)?(?:;[^;,"\\]+)*?(;base64)?,/i.exec(head);
  const key = path[path.length - 1];
  const isMeant = typeof key === "string" && (key.endsWith("_uri") || key === "b64_json");
  if (!uri && !(isMeant && /^[A-Za-z0-9+/]+$/.test(head))) return null;
  const source = { start: start + 1 + (uri?.[0].length ?? 0), end: end - 1, isBase64: !uri || uri[2] !== undefined };
  const contentType = uri ? (uri[1]?.toLowerCase() ?? null) : sniff(atob(head));
  if ((!uri && !contentType) || (source.isBase64 && !isBase64(text, source.start, source.end))) return null;
  return {
    identity: `${sha256}:${start}`, pointers: [], name: nameOfPlace(path, contentType), source, contentType,
    expiresAt: null,
  };
}

const scratch = new Uint8Array((64 * 1_024 * 3) / 4);

/** Tells whether base64 decodes. It tries piece by piece, because the whole would take much memory. */
function isBase64(text: string, start: number, end: number): boolean {
  try {
    for (let at = start; at < end; at += 64 * 1_024) scratch.setFromBase64(text.slice(at, Math.min(end, at + 64 * 1_024)));
    return true;
  } catch {
    return false;
  }
}
