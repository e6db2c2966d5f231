// Copies files from the origin into the bucket, and reads them back.
import { setTimeout as sleep } from "node:timers/promises";
import { API_TOKEN } from "../workerd/tokens.mjs";
import { inline, presigned, routesOf } from "./requests.mjs";

const POLL_MS = 10;
const LIMIT_MS = 120_000;
/** Closes each connection, because the server may close a kept one just when it is used again. */
const ALONE = { connection: "close" };

/**
 * Delivers `jobs` results with one file each, all at once.
 *
 * @returns {Promise<{seconds: number}>} the time until all files are stored
 */
export async function archive({ url, side, origin, first, jobs, file }) {
  const ids = Array.from({ length: jobs }, (_, n) => first + n);
  const requests = ids.map((id) => routesOf(side).archive(id, presigned(origin, id, file)));
  return timed(async () => {
    await Promise.all(requests.map((request) => send(url, request)));
    // The floor answers only when it has stored the file.
    if (side !== "floor") await allStored(url, ids);
  });
}

/** Delivers one result that contains the file itself. */
export async function archiveInline({ url, side, first, bytes }) {
  const body = inline(first, Buffer.alloc(bytes, "hookvault").toString("base64"));
  return timed(async () => {
    await send(url, routesOf(side).delivery(first, body));
    await allStored(url, [first]);
  });
}

/** Reads a file, and discards it. */
export async function download({ url, bytes }) {
  return timed(async () => {
    // Asks for no compression: otherwise miniflare compresses responses without a type.
    const response = await fetch(url, { headers: { ...ALONE, "accept-encoding": "identity" } });
    let count = 0;
    for await (const chunk of response.body) count += chunk.length;
    if (!response.ok || count !== bytes) throw new Error(`${response.status}, ${count} bytes of ${bytes}`);
  });
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return { seconds: (performance.now() - begun) / 1_000 };
}

async function send(url, { path, headers, ...init }) {
  const response = await fetch(url + path, { ...init, headers: { ...headers, ...ALONE } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path.split("/")[1]} answers ${response.status}: ${text}`);
}

/** Asks for one job after the other: few requests, so that polling costs little beside the copying. */
async function allStored(url, ids) {
  const end = Date.now() + LIMIT_MS;
  for (const id of ids) {
    while ((await recordOf(url, id)).archive !== "stored") {
      if (Date.now() > end) throw new Error(`job ${id} is not stored`);
      await sleep(POLL_MS);
    }
  }
}

/** Returns the record from the job's object, as it is now. */
export async function recordOf(url, id) {
  const response = await fetch(`${url}/jobs/${id}?wait=0`, { headers: { authorization: `Bearer ${API_TOKEN}`, ...ALONE } });
  const record = await response.json();
  if (record.archive === "partial" || record.archive === "lost") throw new Error(JSON.stringify(record.files));
  return record;
}
