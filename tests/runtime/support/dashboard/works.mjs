// Makes real media for the dashboard: files that a browser can show, made once for each test file.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../bytes.mjs";
import { makeClip } from "./clip.mjs";
import { file } from "../servers/origin.mjs";

const SECONDS = 8;

/** Returns `{ seconds, bytes, put, video, image }`. The functions serve files at an origin. */
export async function makeWorks() {
  const dir = await mkdtemp(join(tmpdir(), "hookvault-works-"));
  const path = (name) => join(dir, name);
  await makeClip(path("clip.mp4"), { seconds: SECONDS, bitrate: "400k" });
  const picture = ["-v", "error", "-f", "lavfi", "-i", "mandelbrot=size=640x400", "-frames:v", "1"];
  await run("ffmpeg", [...picture, path("image.png")]);
  const sound = ["-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=3"];
  await run("ffmpeg", [...sound, path("sound.wav")]);
  for (const n of [0, 1, 2, 3]) {
    const at = ["-v", "error", "-ss", String(n * 2), "-i", path("clip.mp4"), "-frames:v", "1"];
    await run("ffmpeg", [...at, "-vf", "scale=160:-1", path(`preview_00${n}.jpg`)]);
  }
  const names = { clip: "clip.mp4", image: "image.png", sound: "sound.wav" };
  const bytes = Object.fromEntries(await Promise.all(Object.entries(names).map(async ([name, one]) =>
    [name, await readFile(path(one))])));
  const frames = await Promise.all([0, 1, 2, 3].map((n) => readFile(path(`preview_00${n}.jpg`))));
  await rm(dir, { recursive: true });
  return {
    seconds: SECONDS,
    bytes,
    /** Serves the bytes at `path`, and returns the URL. */
    put(origin, at, content, type) {
      origin.on(at, file(content, { "content-type": type }));
      return `${origin.url}${at}`;
    },
    /** Returns a `completed` body with a video and pipelet's previews of it. */
    video(origin, id) {
      const preview = (frame, n) => ({ index: n,
        url: this.put(origin, `/outputs/free/${id}_0_preview_00${n}.jpg`, frame, "image/jpeg") });
      return { eventType: "completed", jobId: id, queueName: "free",
        video: { data_uri: this.put(origin, `/outputs/free/${id}_0_Wan_00150.mp4`, bytes.clip, "video/mp4") },
        preview_fps: 1, previews: frames.map(preview) };
    },
    /** Returns a `completed` body with a picture. */
    image(origin, id) {
      return { eventType: "completed", jobId: id, queueName: "free",
        images: [{ url: this.put(origin, `/outputs/free/${id}_0_image.png`, bytes.image, "image/png") }] };
    },
  };
}
