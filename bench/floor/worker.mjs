// The barest Worker: for each measured operation, only what cannot be left out.
import { DurableObject } from "cloudflare:workers";

const PART_BYTES = 5 * 1024 * 1024;

/** Does one write. */
export class Job extends DurableObject {
  async write(body) {
    await this.ctx.storage.put("body", body);
  }
}

export class Catalog extends DurableObject {}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const [, what, key] = /^\/([a-z]+)\/?(.*)$/.exec(pathname);
    switch (what) {
      case "write":
        await env.JOBS.getByName(key).write(await request.text());
        return new Response("{}");
      case "record":
        return new Response(await env.RECORDS.get(key, { type: "stream", cacheTtl: 60 }));
      case "keep":
        await env.RECORDS.put(key, request.body);
        return new Response("{}");
      case "copy":
        await copy(env.FILES, key, await request.text());
        return new Response("{}");
      case "file":
        return file(await env.FILES.get(key));
      default:
        return new Response("ok\n");
    }
  },
};

/** Sets the length, because the runtime otherwise sends the body in chunks, which is slower. */
const file = ({ body, size }) => new Response(body, { headers: { "content-length": size } });

async function copy(bucket, key, url) {
  const { headers, body } = await fetch(url);
  await (headers.has("content-length") ? bucket.put(key, body) : byParts(bucket, key, body));
}

/** Uploads a body of unknown length in parts: R2 accepts only a stream of known length. */
async function byParts(bucket, key, body) {
  const upload = await bucket.createMultipartUpload(key);
  const reader = body.getReader({ mode: "byob" });
  const parts = [];
  for (let buffer = new ArrayBuffer(PART_BYTES); ;) {
    const { value } = await reader.readAtLeast(PART_BYTES, new Uint8Array(buffer));
    if (value?.byteLength > 0) parts.push(await upload.uploadPart(parts.length + 1, value));
    if (!value || value.byteLength < PART_BYTES) break;
    buffer = value.buffer;
  }
  await upload.complete(parts);
}
