// A small S3 server on loopback for `npm start`. It checks presigned URLs, which expire as R2's do.
// Import it only after the set-up, because it needs npm packages.
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, sep } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { problemOf, signerOf } from "./signature.mjs";

class S3Error extends Error {
  constructor(status, code, message, headers = {}) {
    super(message);
    Object.assign(this, { status, code, headers });
  }
}

/** Starts the server. The parameters and the result are those of `startS3`. */
export async function startFiles({ port = 0, dir, accessKey = "dev-access", secretKey = "dev-secret",
  bucket = "prod-batch-files" }) {
  mkdirSync(join(dir, bucket), { recursive: true });
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: bound } = server.address();
  const s3 = { url: `http://127.0.0.1:${bound}`, port: bound, accessKey, secretKey, bucket };
  const store = { dir, bucket, signer: signerOf(s3) };
  server.on("request", (request, response) => void answer(store, request, response));
  const stop = async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { ...s3, stop };
}

const METHODS = { GET: read, HEAD: read, PUT: write };

async function answer(store, request, response) {
  try {
    const url = new URL(request.url, `http://${request.headers.host}`);
    const method = METHODS[request.method];
    if (!method) throw new S3Error(405, "MethodNotAllowed", "This server reads and writes objects, and nothing else.");
    const problem = await problemOf(request, url, store.signer);
    if (problem) throw new S3Error(403, ...problem);
    await method(place(store, url), request, response);
  } catch (error) {
    if (response.headersSent) return response.destroy();
    const { status = 500, code = "InternalError", headers } = error;
    response.writeHead(status, { "content-type": "application/xml", ...headers });
    response.end(request.method === "HEAD" ? undefined : `<Error><Code>${code}</Code><Message>${error.message}</Message></Error>`);
  }
}

/** Returns where an object and its headers are stored. */
function place({ dir, bucket }, { pathname }) {
  const [, name, ...key] = decodeURIComponent(pathname).split("/");
  if (name !== bucket) throw new S3Error(404, "NoSuchBucket", "There is no such bucket.");
  const path = join(dir, bucket, ...key);
  if (!path.startsWith(join(dir, bucket) + sep)) throw new S3Error(400, "InvalidArgument", "The key leads out of the bucket.");
  return { dir, path, about: join(dir, ".about", ...key) };
}

async function write({ dir, path, about }, request, response) {
  const coming = join(dir, `.coming-${randomUUID()}`);
  const hash = createHash("md5");
  try {
    const hashed = new PassThrough().on("data", (chunk) => hash.update(chunk));
    await pipeline(request, hashed, createWriteStream(coming));
    for (const file of [path, about]) mkdirSync(dirname(file), { recursive: true });
    const etag = `"${hash.digest("hex")}"`;
    writeFileSync(about, JSON.stringify({ etag, "content-type": request.headers["content-type"] }));
    renameSync(coming, path);
    response.writeHead(200, { etag }).end();
  } finally {
    rmSync(coming, { force: true });
  }
}

async function read({ path, about }, request, response) {
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file?.isFile() || !existsSync(about)) throw new S3Error(404, "NoSuchKey", "There is no such object.");
  const range = rangeOf(request.headers.range, file.size);
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...JSON.parse(readFileSync(about, "utf8")),
    "accept-ranges": "bytes",
    "content-length": end - start + 1,
    "last-modified": file.mtime.toUTCString(),
    ...(range && { "content-range": `bytes ${start}-${end}/${file.size}` }),
  });
  if (request.method === "HEAD" || file.size === 0) return response.end();
  await pipeline(createReadStream(path, { start, end }), response);
}

/** Returns one range. For several ranges, or an invalid one, the whole object is sent. */
function rangeOf(header, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (!from && !to) return undefined;
  const start = from ? Number(from) : Math.max(0, size - Number(to));
  const end = from && to ? Math.min(Number(to), size - 1) : size - 1;
  if (start <= end) return { start, end };
  throw new S3Error(416, "InvalidRange", "The range is outside of the object.", { "content-range": `bytes */${size}` });
}
