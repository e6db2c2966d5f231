// A server of output files that can misbehave. Each path has a script: a list of steps, one for each request; the last
// one stays. It is plain http on loopback, for `ALLOWED_SOURCE_HOSTS`.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { listen } from "./listen.mjs";

export async function startOrigin() {
  const scripts = new Map();
  const requests = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const path = request.url.split("?")[0];
    requests.push({ path, url: request.url, at: Date.now(), headers: request.headers });
    const script = scripts.get(path) ?? [status(404)];
    const step = script.length > 1 ? script.shift() : script[0];
    step(response, request);
  });
  server.on("connection", () => (connections += 1));
  return {
    /** `url` is what `ALLOWED_SOURCE_HOSTS` must contain. */
    ...(await listen(server)),
    /** Sets what `path` does from now on. */
    on: (path, ...steps) => scripts.set(path, steps),
    requests: (path) => requests.filter((request) => request.path === path),
    requestsMade: () => requests,
    connections: () => connections,
  };
}

/** Returns bytes that differ at every position, and for every seed. */
export function noise(size, seed = "noise") {
  const blocks = [];
  for (let n = 0; n * 32 < size; n += 1) {
    blocks.push(createHash("sha256").update(`${seed} ${n}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}

export const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), noise(2_000, "png")]);

export const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");

/** Returns a step that sends the whole file, as a good server does; it ignores `Range`. */
export const file = (bytes, headers = { "content-type": "video/mp4" }) => (response) => {
  response.writeHead(200, { "content-length": bytes.length, ...headers });
  response.end(bytes);
};

export const status = (code, headers = {}) => (response) => response.writeHead(code, headers).end();

export const redirect = (location, code = 302) => status(code, { location });

/** Returns a step that declares the whole length, sends the first half, and ends or resets the connection. */
export const cut = (bytes, { reset = false } = {}) => (response) => {
  response.writeHead(200, { "content-length": bytes.length, "content-type": "video/mp4" });
  response.write(bytes.subarray(0, bytes.length / 2), () => {
    if (reset) response.socket.resetAndDestroy();
    else response.socket.destroySoon();
  });
};

/** A step that sends no response. */
export const reset = (response) => response.socket.resetAndDestroy();

/** Returns a step that sends bytes after the declared end of the body. */
export const overlong = (bytes, extra) => ({ socket }) => {
  const head = `content-type: video/mp4\r\ncontent-length: ${bytes.length}`;
  socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
  socket.write(bytes);
  socket.write(extra);
};

/** Returns a step that sends no length. */
export const chunked = (bytes) => (response) => {
  response.writeHead(200, { "content-type": "video/mp4" });
  response.write(bytes.subarray(0, 1));
  response.end(bytes.subarray(1));
};

/** Returns a step that sends no length, and closes the connection before the body ends. */
export const chunkedCut = (bytes) => (response) => {
  response.writeHead(200, { "content-type": "video/mp4" });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.socket.destroySoon());
};

/** Returns a step that compresses the body, although nobody asked for that. */
export const zipped = (bytes) => (response) => {
  const body = gzipSync(bytes);
  response.writeHead(200, { "content-type": "video/mp4", "content-encoding": "gzip",
    "content-length": body.length });
  response.end(body);
};

/** Returns a step that sends a part of the file, although nobody asked for one. */
export const partial = (bytes) => (response) => {
  const part = bytes.subarray(0, bytes.length / 2);
  response.writeHead(206, { "content-type": "video/mp4", "content-length": part.length,
    "content-range": `bytes 0-${part.length - 1}/${bytes.length}` });
  response.end(part);
};

/** Returns a step that works like `file`, but answers a `Range` with that part. */
export const ranged = (bytes, headers) => (response, request) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined) return file(bytes, headers)(response);
  const part = bytes.subarray(Number(first), Number(last) + 1);
  response.writeHead(206, { "content-length": part.length, ...headers,
    "content-range": `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}` });
  response.end(part);
};

/** Returns a step that sends the first half at once, and the rest only after `release()`. */
export function held(bytes, type = "video/mp4") {
  const gate = Promise.withResolvers();
  const step = (response) => {
    response.writeHead(200, { "content-length": bytes.length, "content-type": type });
    response.write(bytes.subarray(0, bytes.length / 2));
    void gate.promise.then(() => response.end(bytes.subarray(bytes.length / 2)));
  };
  return { step, release: gate.resolve };
}

/** The secret part of a presigned URL, which nobody may see. */
export const SIGNATURE = "5ec7e70fd16175";

/** Returns the query of a URL that was signed `ago` seconds ago for `lifetime` seconds. */
export function presigned({ ago = 0, lifetime = 7_200, signature = SIGNATURE } = {}) {
  const at = new Date(Date.now() - ago * 1_000).toISOString().replace(/[-:]|\.\d+/g, "");
  return `?X-Amz-Date=${at}&X-Amz-Expires=${lifetime}&X-Amz-Signature=${signature}`;
}
