// Counts the operations of a job's life, for any side of the benchmarks. Nothing here is estimated.
import { once } from "node:events";
import { createServer } from "node:http";
import { startSide } from "../bench/sides.mjs";
import { counted } from "../workerd/counted.mjs";
import { FILE_BYTES, awaitMidnight, life, submission, watchedLife } from "./life.mjs";

/**
 * Plays a job's life in a side that has nothing else to do.
 *
 * @param {string} name one of the bench's `SIDES`, except the floor
 * @param {string} dir for its storage
 * @returns {Promise<Record<string, object>>} a row of `operations.mjs` for each step
 */
export async function countLife(name, dir) {
  await awaitMidnight();
  const source = await startSource();
  const vars = { UPSTREAM_QUEUE_URL: `${source.url}/queue`, UPSTREAM_API_KEY: "key" };
  const { vault } = await startSide(name, { dir, sources: source.url, vars, change: counted });
  try {
    const steps = await life(vault, source);
    // The twins have no feed and no gateway.
    if (name === "hookvault") {
      steps.submission = await submission(vault, source.answer);
      // Comes last: a day reports each change for a minute after the last viewer has left.
      Object.assign(steps, await watchedLife(vault, source));
    }
    return Object.fromEntries(Object.entries(steps).map(([step, { columns }]) => [step, columns]));
  } finally {
    await vault.end();
    source.end();
  }
}

const UNKNOWN = { status: 404, body: Buffer.from("{}"), type: "application/json" };

/** Starts a server that plays the files and the upstream's queue. It answers a path once `first` is done. */
async function startSource() {
  const answers = new Map();
  const server = createServer(async (request, response) => {
    const { status = 200, first, body, type } = answers.get(request.url.split("?")[0]) ?? UNKNOWN;
    await first?.();
    response.writeHead(status, { "content-length": body.length, "content-type": type });
    response.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const urls = Object.fromEntries(["status_url", "response_url", "cancel_url"].map((name) => [name, url]));
  const submitted = Buffer.from(JSON.stringify({ request_id: "submitted", ...urls }));
  return {
    url,
    serve: (path, first) => answers.set(path, { first, body: Buffer.alloc(FILE_BYTES, 7), type: "video/mp4" }),
    answer: (path, first) => answers.set(path, { first, body: submitted, type: "application/json" }),
    end: () => server.close(),
  };
}
