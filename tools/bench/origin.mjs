// The process that files are fetched from: an object store that serves files of any size. The query's `bytes` sets the
// size; `length=unknown` leaves out the length.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const BLOCK = randomBytes(256 * 1024);
/** The size from which stores put objects together from parts; then their ETag is not an MD5. */
const PART_BYTES = 8 * 1024 * 1024;
const tags = new Map();

function* blocks(bytes) {
  for (let left = bytes; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, Math.min(left, BLOCK.length));
}

function tagOf(bytes) {
  if (!tags.has(bytes)) {
    const hash = createHash("md5");
    for (const block of blocks(Math.min(bytes, PART_BYTES))) hash.update(block);
    const parts = bytes > PART_BYTES ? `-${Math.ceil(bytes / PART_BYTES)}` : "";
    tags.set(bytes, `"${hash.digest("hex")}${parts}"`);
  }
  return tags.get(bytes);
}

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url, "http://origin");
  const bytes = Number(searchParams.get("bytes"));
  const length = searchParams.get("length") === "known" ? { "content-length": bytes } : {};
  response.writeHead(200, { "content-type": "video/mp4", etag: tagOf(bytes), ...length });
  await pipeline(Readable.from(blocks(bytes), { objectMode: false }), response).catch(() => {});
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
