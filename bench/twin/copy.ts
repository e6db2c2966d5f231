// Copies one file into R2, as a stream.
import { isAllowed, valueAt } from "./files";
import type { EventBody, StoredFile } from "./types";

const PART_BYTES = 5 * 1024 * 1024;
const MAX_REDIRECTS = 3;
const SILENT_MS = 60_000;

export async function copy(file: StoredFile, nonce: string, bucket: R2Bucket, hosts: string) {
  const signal = AbortSignal.timeout(SILENT_MS * 8);
  const response = await follow(file.source!, hosts, signal);
  if (!response.ok || !response.body) throw new Error(`the source answers ${response.status}`);
  const contentType = response.headers.get("content-type") ?? "application/octet-stream";
  const options = { httpMetadata: { contentType }, customMetadata: { nonce } };
  const length = response.headers.get("content-length");
  const isPlain = !response.headers.has("content-encoding");
  const object = length !== null && isPlain
    ? await whole(bucket, file.key, response.body, Number(length), options)
    : await byParts(bucket, file.key, response.body, options);
  return { contentType, size: object.size, etag: object.etag };
}

/** Redirects by hand, as each hop must be allowed. */
async function follow(url: string, hosts: string, signal: AbortSignal): Promise<Response> {
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    if (!isAllowed(url, hosts)) throw new Error("the host is not allowed");
    const headers = { "accept-encoding": "identity" };
    const response = await fetch(url, { redirect: "manual", headers, signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || !location) return response;
    url = new URL(location, url).href;
  }
  throw new Error("too many redirects");
}

async function whole(bucket: R2Bucket, key: string, body: ReadableStream, length: number, options: R2PutOptions) {
  const { readable, writable } = new FixedLengthStream(length);
  const [object] = await Promise.all([bucket.put(key, readable, options), body.pipeTo(writable)]);
  return object;
}

/** A body of unknown length, in equal parts. */
async function byParts(bucket: R2Bucket, key: string, body: ReadableStream<Uint8Array>, options: R2MultipartOptions) {
  const upload = await bucket.createMultipartUpload(key, options);
  try {
    const parts: R2UploadedPart[] = [];
    const reader = body.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(PART_BYTES);
    for (;;) {
      const { done, value } = await reader.readAtLeast(PART_BYTES, new Uint8Array(buffer));
      if (value && value.byteLength > 0) parts.push(await upload.uploadPart(parts.length + 1, value));
      if (done || !value || value.byteLength < PART_BYTES) break;
      buffer = value.buffer as ArrayBuffer;
    }
    return await upload.complete(parts);
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** Stores a file that was written into the delivery itself. */
export async function unpack(file: StoredFile, nonce: string, event: EventBody, bucket: R2Bucket) {
  const uri = valueAt(event, file.pointers[0]) as string;
  const bytes = Uint8Array.fromBase64(uri.slice(uri.indexOf(",") + 1));
  const contentType = file.contentType ?? "application/octet-stream";
  const object = await bucket.put(file.key, bytes, {
    httpMetadata: { contentType }, customMetadata: { nonce },
  });
  return { contentType, size: object.size, etag: object.etag };
}
