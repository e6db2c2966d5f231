// Copies one file into R2, as a stream.
import { isVague, typeOfName } from "./media";
import { check } from "./sources";
import type { StoredFile } from "./types";

const PART_BYTES = 5 * 1_024 * 1_024;
const MAX_PUT_BYTES = 4 * 1_024 * PART_BYTES / 5;
const MAX_REDIRECTS = 3;
/** The limit for a copy: not only for a source that stalls, but also for one that never ends. */
const COPY_MS = 8 * 60_000;

export interface Order {
  file: StoredFile;
  nonce: string;
  bucket: R2Bucket;
  hosts: string | undefined;
  maxBytes: number;
}

export type Stored = Pick<StoredFile, "contentType" | "size" | "etag" | "verified">;

/** A failure that a retry would not fix. */
export class Final extends Error {}

/** The source refuses the URL, perhaps because it has expired. */
export class Gone extends Error {}

export async function copy(order: Order, url: string): Promise<Stored> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), COPY_MS);
  try {
    return await store(order, await follow(order, url, abort.signal));
  } catch (error) {
    abort.abort();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Follows redirects itself, because each hop must be allowed. */
async function follow({ hosts }: Order, first: string, signal: AbortSignal): Promise<Response> {
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const allowed = check(url, hosts);
    if (typeof allowed === "string") throw new Final(`the source's URL: ${allowed}`);
    const response = await reach(url, signal);
    const location = response.headers.get("location");
    if (response.status < 301 || response.status > 308 || response.status === 304 || !location) return response;
    url = new URL(location, url).href;
  }
  throw new Final(`the source redirects more than ${MAX_REDIRECTS} times`);
}

async function reach(url: string, signal: AbortSignal): Promise<Response> {
  try {
    // Asks for no compression, because the length of a compressed body differs from the file's.
    return await fetch(url, { redirect: "manual", headers: { "accept-encoding": "identity" }, signal });
  } catch {
    throw new Error("the source can't be reached");
  }
}

async function store(order: Order, response: Response): Promise<Stored> {
  const { file, nonce, bucket, maxBytes } = order;
  const { status, headers, body } = response;
  if (status !== 200) {
    const isGone = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
    throw new (isGone ? Gone : Error)(`the source answers ${status}`);
  }
  const told = headers.get("content-type");
  const declared = isVague(file.contentType) ? null : file.contentType;
  const contentType = (isVague(told) ? (declared ?? typeOfName(file.name)) : told) ?? "application/octet-stream";
  const options = { httpMetadata: { contentType }, customMetadata: { nonce } };
  const isPlain = /^(|identity|aws-chunked)$/i.test(headers.get("content-encoding") ?? "");
  const length = isPlain ? headers.get("content-length") : null;
  if (Number(length) > maxBytes) throw new Final(`the file is larger than ${maxBytes} bytes`);
  if (length === null || Number(length) > MAX_PUT_BYTES) {
    const object = await byParts(bucket, file.key, body!, options, maxBytes);
    if (length !== null && object.size !== Number(length)) throw new Error("the source ended early");
    return { contentType, size: object.size, etag: object.etag, verified: false };
  }
  const md5 = /^"?([0-9a-f]{32})"?$/i.exec(headers.get("etag") ?? "")?.[1];
  // The runtime knows the length of such a body, and streams it without JavaScript.
  const object = await bucket.put(file.key, body ?? "", { ...options, ...(md5 && { md5 }) });
  if (object.size !== Number(length)) throw new Error("the source ended early");
  return { contentType, size: object.size, etag: object.etag, verified: md5 !== undefined };
}

/** Stores a body of unknown length in equal parts. A body that fits into one part is one put. */
async function byParts(
  bucket: R2Bucket, key: string, body: ReadableStream<Uint8Array>, options: R2MultipartOptions, maxBytes: number,
): Promise<R2Object> {
  const reader = body.getReader({ mode: "byob" });
  let part = await reader.readAtLeast(PART_BYTES, new Uint8Array(PART_BYTES));
  if (!part.value || part.value.byteLength < PART_BYTES) return bucket.put(key, part.value ?? "", options);
  const upload = await bucket.createMultipartUpload(key, options);
  try {
    const parts: R2UploadedPart[] = [];
    while (part.value && part.value.byteLength > 0) {
      if ((parts.length + 1) * PART_BYTES > maxBytes) throw new Final(`the file is larger than ${maxBytes} bytes`);
      parts.push(await upload.uploadPart(parts.length + 1, part.value));
      if (part.value.byteLength < PART_BYTES) break;
      part = await reader.readAtLeast(PART_BYTES, new Uint8Array(part.value.buffer));
    }
    return await upload.complete(parts);
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** Stores a file that the delivery itself contains. */
export async function unpack({ file, nonce, bucket }: Order, written: string, isBase64: boolean): Promise<Stored> {
  const plain: string = written.includes("\\") ? JSON.parse(`"${written}"`) : written;
  const bytes = isBase64 ? Uint8Array.fromBase64(plain) : percentDecoded(plain);
  const contentType = file.contentType ?? "application/octet-stream";
  const options = { httpMetadata: { contentType }, customMetadata: { nonce } };
  const object = await bucket.put(file.key, bytes, options);
  return { contentType, size: object.size, etag: object.etag, verified: true };
}

/** Decodes RFC 2397 data without `;base64`. */
const percentDecoded = (text: string): Uint8Array =>
  Uint8Array.from(text.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(parseInt(code, 16))),
    (character) => character.charCodeAt(0));
