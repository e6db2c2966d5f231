// Finds the files of a result, and writes durable URLs in their place.
import type { EventBody, StoredFile } from "./types";

const ENVELOPE = new Set(["eventType", "jobId", "queueName", "workerName", "leaseExpiry", "acquiredAt",
  "updatedAt", "webhookUrl"]);
const MAX_FILES = 500;
const MIN_INLINE_CHARS = 1024;

/** Parses JSON; numbers that a double can't hold stay as they were written. */
export function parseExactly(text: string): EventBody {
  // Numbers are seldom that long, and a reviver is slow.
  if (!/\d{16}|\d[.eE]/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context?: { source: string }) =>
    typeof value === "number" && String(value) !== context?.source
      ? JSON.rawJSON(context!.source)
      : value);
}

/** Whether files may be fetched from this URL: `*.` stands for whole labels. */
export function isAllowed(url: string, hosts: string): boolean {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return false;
  const { protocol, hostname, host, origin } = new URL(url);
  return hosts.split(",").some((entry) =>
    entry === origin ||
    (protocol === "https:" && (entry === host || (entry.startsWith("*.") && hostname.endsWith(entry.slice(1))))));
}

/** All files of a `completed` event; a URL that stands there twice is one file. */
export function discover(event: EventBody, id: string, hosts: string): StoredFile[] {
  const found = new Map<string, StoredFile>();
  const visit = (value: unknown, pointer: string) => {
    if (typeof value === "string") {
      const isInline = value.length > MIN_INLINE_CHARS && value.startsWith("data:");
      if (!isInline && !isAllowed(value, hosts)) return;
      const known = found.get(value);
      if (known) known.pointers.push(pointer);
      else if (found.size < MAX_FILES) {
        found.set(value, file(found.size, pointer, id, isInline ? null : value, isInline ? value : ""));
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        visit(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
      }
    }
  };
  for (const [key, value] of Object.entries(event)) if (!ENVELOPE.has(key)) visit(value, `/${key}`);
  return [...found.values()];
}

function file(n: number, pointer: string, id: string, source: string | null, inline: string): StoredFile {
  const type = inline ? inline.slice(5, inline.indexOf(",")).split(";")[0] : null;
  const last = source ? new URL(source).pathname.split("/").at(-1) : `file.${type?.split("/")[1] ?? "bin"}`;
  const name = (last || "file").replace(/[^\w.-]/g, "_").slice(-100);
  return {
    n, pointers: [pointer], state: "pending", name, key: `jobs/${id}/${n}-${name}`, source, contentType: type,
    size: null, etag: null, attempts: 0, retryAt: 0, error: null,
  };
}

/** The result: the event without its envelope, each file's URL replaced. */
export function resultOf(event: EventBody, files: StoredFile[], url: (file: StoredFile) => string): string {
  const result = Object.fromEntries(Object.entries(event).filter(([key]) => !ENVELOPE.has(key)));
  for (const one of files) for (const pointer of one.pointers) set(result, pointer, url(one));
  return JSON.stringify(result);
}

const steps = (pointer: string) =>
  pointer.slice(1).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

function set(root: any, pointer: string, value: string) {
  const path = steps(pointer);
  const last = path.pop()!;
  path.reduce((node, step) => node[step], root)[last] = value;
}

export const valueAt = (root: any, pointer: string): unknown =>
  steps(pointer).reduce((node, step) => node?.[step], root);
