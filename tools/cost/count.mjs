// The operations of a job's life, counted on any side of the benchmarks: nothing here is reckoned.
import { once } from "node:events";
import { createServer } from "node:http";
import { startSide } from "../bench/sides.mjs";
import { counted } from "../workerd/counted.mjs";
import { FILE_BYTES, awaitMidnight, life } from "./life.mjs";

/**
 * Plays a job's life in a side that has nothing else to do.
 *
 * @param {string} name one of the bench's `SIDES`, but the floor
 * @param {string} dir for its storage
 * @returns {Promise<Record<string, object>>} a row of `operations.mjs` for each step
 */
export async function countLife(name, dir) {
  await awaitMidnight();
  const source = await startSource();
  const { vault } = await startSide(name, { dir, sources: source.url, change: counted });
  try {
    const steps = await life(vault, source);
    return Object.fromEntries(Object.entries(steps).map(([step, { columns }]) => [step, columns]));
  } finally {
    await vault.end();
    source.end();
  }
}

/** A server of files, each given when what must come first has. */
async function startSource() {
  const waiting = new Map();
  const server = createServer(async (request, response) => {
    await waiting.get(request.url)?.();
    response.writeHead(200, { "content-length": FILE_BYTES, "content-type": "video/mp4" });
    response.end(Buffer.alloc(FILE_BYTES, 7));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    serve: (path, first) => waiting.set(path, first),
    end: () => server.close(),
  };
}
