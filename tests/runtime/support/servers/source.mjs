// A source that serves given contents, under URLs that look presigned.
import { createHash } from "node:crypto";
import { file, md5, startOrigin } from "./origin.mjs";

export async function startSource() {
  const origin = await startOrigin();
  return {
    ...origin,
    /** Serves `content` at `path`. Returns its URL, with a new signature each time. */
    put(path, content = `content of ${path}`) {
      const bytes = Buffer.from(content);
      origin.on(path, file(bytes, { "content-type": "video/mp4", etag: md5(bytes) }));
      return `${origin.url}${path}${presigned()}`;
    },
    /** Returns a URL that has expired. */
    dead: (path) => `${origin.url}${path}${presigned("20200101T000000Z")}`,
  };
}

/** Returns a query that looks presigned; no two are equal. */
export function presigned(date = new Date().toISOString().replace(/[-:]|\.\d+/g, "")) {
  const signature = createHash("sha256").update(String(Math.random())).digest("hex");
  return `?X-Amz-Date=${date}&X-Amz-Expires=7200&X-Amz-Signature=${signature}`;
}
