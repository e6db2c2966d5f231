// Serves drawn pictures and films under URLs that look presigned.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { draw } from "./scenes.mjs";

const FRAMES = 75;
const FRAMES_A_SECOND = 25;

/** Starts the server: `{ url, picture, film, frame, missing, close }`. */
export async function startGallery(browser) {
  const page = await browser.newPage();
  const files = new Map();
  const server = createServer((request, response) => {
    const found = files.get(new URL(request.url, "http://gallery").pathname);
    // A file that does not exist answers 503, so that its copy stays pending.
    if (!found) return response.writeHead(503).end();
    response.writeHead(200, { "content-type": found.type, "content-length": found.bytes.length });
    return response.end(found.bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const bytesOf = async (scene) => Buffer.from((await page.evaluate(draw, scene)).split(",")[1], "base64");
  const put = (path, type, bytes) => {
    files.set(path, { type, bytes });
    return signed(url + path);
  };

  async function film(seed) {
    const dir = mkdtempSync(join(tmpdir(), "hookvault-film-"));
    for (let n = 0; n < FRAMES; n += 1) {
      writeFileSync(join(dir, `${n}.jpg`), await bytesOf({ seed, time: n / FRAMES }));
    }
    execFileSync("ffmpeg", ["-v", "error", "-framerate", String(FRAMES_A_SECOND), "-i", join(dir, "%d.jpg"),
      "-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart", join(dir, "film.mp4")]);
    const bytes = readFileSync(join(dir, "film.mp4"));
    rmSync(dir, { recursive: true });
    return bytes;
  }

  return {
    url,
    picture: async (path, seed) => put(path, "image/jpeg", await bytesOf({ seed })),
    film: async (path, seed) => put(path, "video/mp4", await film(seed)),
    frame: async (path, seed, time) => put(path, "image/jpeg", await bytesOf({ seed, time, width: 240, height: 150 })),
    missing: (path) => signed(url + path),
    close: () => server.close(),
  };
}

function signed(url) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  return `${url}?X-Amz-Date=${date}&X-Amz-Expires=7200&X-Amz-Signature=drawn`;
}
