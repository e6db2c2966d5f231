// A server that answers as hookvault does, with records and files as hostile or broken as a test wants them.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { listen } from "../../../runtime/support/servers/listen.mjs";

export const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");

/** Starts a vault with these jobs: `{ [id]: [{ name, bytes, … }] }`. Other fields of a file replace those of its record. */
export async function startFake(t, jobs) {
  const scripts = new Map();
  const requests = [];
  const fake = {
    jobs, requests,
    /** Sets what the next requests for a path do: a step each. A step that returns true passes the request on. */
    on: (path, ...steps) => scripts.set(path, steps),
    /** Returns the requests for files: `[path, range]`. */
    fetched: () => requests.filter(({ path }) => path.startsWith("/files/")).map(({ path, headers }) => [path, headers.range]),
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url.split("?")[0]);
    requests.push({ path, url: request.url, headers: request.headers });
    const step = scripts.get(path)?.shift();
    if (step && !step(response, request)) return;
    answer(fake, request, response);
  });
  const { url, stop } = await listen(server);
  t.after(stop);
  return Object.assign(fake, { url });
}

function answer({ jobs, url }, request, response) {
  const [, kind, id, nonce, n] = request.url.split("?")[0].split("/").map(decodeURIComponent);
  if (kind === "files") return serve(jobs[id]?.find((file, at) => String(file.n ?? at) === n && (file.nonce ?? "x") === nonce), request, response);
  if (id === undefined) {
    const rows = Object.keys(jobs).map((name) => ({ id: name, archive: "stored", status: "completed" }));
    return json(response, { jobs: rows, cursor: null });
  }
  if (!jobs[id]) return problem(response, 404, "no-such-job", "no job has this id");
  json(response, { id, status: "completed", archive: "stored", skipped: jobs[id].skipped ?? [], files: jobs[id].map((file, at) => record(url, id, file, at)) });
}

function record(url, id, { bytes = Buffer.alloc(0), nonce = "x", ...file }, at) {
  const usual = { n: at, state: "stored", name: "a.mp4", contentType: "video/mp4", size: bytes.length, etag: md5(bytes) };
  return { ...usual, url: `${url}/files/${encodeURIComponent(id)}/${nonce}/${file.n ?? at}`, ...file };
}

function serve(file, request, response) {
  if (!file) return problem(response, 404, "no-such-file", "the link leads to no file");
  const { bytes, etag = md5(bytes), coding } = file;
  const { range, "if-range": condition } = request.headers;
  const from = range && (!condition || condition === `"${etag}"`) ? Number(/^bytes=(\d+)-$/.exec(range)[1]) : 0;
  const part = bytes.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, { ...(/^[\w-]+$/.test(etag) && { etag: `"${etag}"` }), "content-length": part.length, ...(coding && { "content-encoding": coding }),
    ...(from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }) });
  response.end(part);
}

const json = (response, value) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));

/** Answers with an error as hookvault writes it. */
export function problem(response, status, code, detail, headers = {}) {
  response.writeHead(status, { "content-type": "application/problem+json", ...headers });
  response.end(JSON.stringify({ type: "about:blank", title: code, status, code, detail }));
}
