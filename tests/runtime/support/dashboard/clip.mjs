// Makes a real, large video in which hardly two seconds are alike, so that it shows whether seeking works.
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { run } from "../bytes.mjs";

/**
 * The seconds that are encoded, which takes long; they are then repeated. A seek that misses by less than that shows.
 */
const ENCODED_S = 20;

/** Makes the video: this many seconds of noise, so that it cannot be small. Its index comes first. */
export async function makeClip(path, { seconds, bitrate }) {
  const video = `testsrc2=size=640x360:rate=25:duration=${ENCODED_S}`;
  const audio = `sine=frequency=440:duration=${ENCODED_S}`;
  const part = `${path}.part.mp4`;
  await run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", video, "-f", "lavfi", "-i", audio,
    "-vf", "noise=alls=80:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", bitrate,
    "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", part]);
  await run("ffmpeg", ["-v", "error", "-stream_loop", "-1", "-i", part, "-t", String(seconds), "-c", "copy",
    "-movflags", "+faststart", path]);
  await rm(part);
}

/** Returns a step of an origin: the file as a good server sends it. */
export const clip = (path) => async (response, { headers }) => {
  const { size } = await stat(path);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const [start, end] = [Number(first ?? 0), last ? Math.min(Number(last), size - 1) : size - 1];
  response.writeHead(first === undefined ? 200 : 206, {
    "content-type": "video/mp4", "content-length": end - start + 1, "accept-ranges": "bytes",
    ...(first === undefined ? {} : { "content-range": `bytes ${start}-${end}/${size}` }) });
  const bytes = createReadStream(path, { start, end });
  bytes.pipe(response);
  await once(response, "close");
  bytes.destroy();
};
