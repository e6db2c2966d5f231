// What people fetch and play files with, against a file of 300 MiB: before it is stored, and after.
import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromiumOptions } from "../../../tools/test/browser.mjs";
import { run } from "../support/bytes.mjs";
import { clip, makeClip } from "../support/dashboard/clip.mjs";
import { presigned, startOrigin, status } from "../support/servers/origin.mjs";
import { forgetPeak, peak, resident, workerds } from "../support/process.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const MIB = 1024 * 1024;
const SECONDS = 140;
const FAR = 123;
/** What passing on 300 MiB may add to workerd's memory, in MiB: its own buffers, not the file. */
const ALLOWED_GROWTH_MIB = 100;

const hash = async (path) => (await run("sha256sum", [path])).stdout.slice(0, 64);

describe("a video of 300 MiB", { skip: lacking("ffmpeg", "ffprobe", "curl", "aria2c") }, () => {
  let dir;
  let path;
  let sha256;
  let origin;
  let vault;
  let url;
  let renew;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "hookvault-clip-"));
    path = join(dir, "clip.mp4");
    await makeClip(path, { seconds: SECONDS, bitrate: "19M" });
    const { size } = await stat(path);
    assert.ok(size > 300 * MIB, `${size} bytes`);
    sha256 = await hash(path);
    origin = await startOrigin();
    // The first try to copy fails, and the next one waits for a fresh URL.
    origin.on("/clip.mp4", status(503), clip(path));
    const vars = { RETRY_BASE_MS: "60000", CORS_ORIGINS: origin.url };
    vault = await startVault({ sources: origin.url, vars });
    renew = (signature) => vault.deliver({ eventType: "completed", jobId: "clip",
      video: { url: `${origin.url}/clip.mp4${presigned({ signature })}` } });
    await renew("01");
    url = await eventually("the first try has failed", async () => {
      const { files: [{ attempts, url: link }] } = await vault.job("clip");
      return attempts > 0 ? link : undefined;
    });
  });
  after(async () => {
    await stopAll(vault, origin);
    await rm(dir, { recursive: true, force: true });
  });

  /** Returns what a player learns before it plays, without the file's name. */
  const probe = async (input) => {
    const { stdout } = await run("ffprobe",
      ["-v", "error", "-of", "json", "-show_streams", "-show_entries", "format=duration,size", input]);
    return JSON.parse(stdout);
  };
  /** Returns one frame of the far part, decoded. */
  const frame = async (input) => (await run("ffmpeg",
    ["-v", "error", "-ss", String(FAR), "-i", input, "-frames:v", "1", "-f", "md5", "-"])).stdout;

  async function isPlayable() {
    assert.deepEqual(await probe(url), await probe(path));
    assert.equal(await frame(url), await frame(path));
  }

  test("is read through unchanged, without memory for it", async (t) => {
    const [pid] = workerds();
    const small = ["-sSf", "-r", "0-99999", "-o", "/dev/null", url];
    await run("curl", small);
    forgetPeak(pid);
    const rest = resident(pid);
    const { stdout } = await run("sh", ["-c", 'curl -sSf "$1" | sha256sum', "sh", url]);
    assert.equal(stdout.slice(0, 64), sha256);
    const growth = peak(pid) - rest;
    t.diagnostic(`workerd grew by ${growth.toFixed(0)} MiB`);
    assert.ok(growth < ALLOWED_GROWTH_MIB, `${growth} MiB`);
  });

  test("can be played while it is at its source", async () => {
    await isPlayable();
    assert.equal((await vault.job("clip")).archive, "pending");
  });

  test("is stored unchanged", async () => {
    await renew("02");
    assert.equal((await vault.settled("clip")).archive, "stored");
    const { stdout } = await run("sh", ["-c", 'curl -sSf "$1" | sha256sum', "sh", url]);
    assert.equal(stdout.slice(0, 64), sha256);
  });

  test("can be played when it is stored", isPlayable);

  test("is resumed by curl, also when nothing is left", async () => {
    const copy = join(dir, "curl.mp4");
    await copyFile(path, copy);
    await truncate(copy, 100 * MIB + 7);
    const resume = ["-sS", "-C", "-", "-o", copy, "-w", "%{http_code} %{size_download}", url];
    const { size } = await stat(path);
    assert.equal((await run("curl", resume)).stdout, `206 ${size - 100 * MIB - 7}`);
    assert.equal(await hash(copy), sha256);
    assert.match((await run("curl", resume)).stdout, /^416 /);
    assert.equal(await hash(copy), sha256);
    await rm(copy);
  });

  test("is fetched in pieces by aria2c", async () => {
    await run("aria2c", ["-x4", "-s4", "-k1M", "--file-allocation=none", "--no-conf=true",
      "--console-log-level=error", "--summary-interval=0", "-d", dir, "-o", "aria2.mp4", url]);
    assert.equal(await hash(join(dir, "aria2.mp4")), sha256);
    await rm(join(dir, "aria2.mp4"));
  });

  describe("in Chromium", { skip: lacking("chromium") }, () => {
    let browser;
    let page;
    before(async () => {
      const { chromium } = await import("playwright-core");
      browser = await chromium.launch(chromiumOptions("chromium"));
      origin.on("/page", (response) => {
        response.writeHead(200, { "content-type": "text/html" });
        response.end("<!doctype html><video muted></video>");
      });
      page = await browser.newPage();
      await page.goto(`${origin.url}/page`);
    });
    after(() => browser?.close());

    test("it is played from its far part", async () => {
      const played = await page.evaluate(async ({ link, far }) => {
        const video = document.querySelector("video");
        const next = (name) => new Promise((resolve, reject) => {
          video.addEventListener(name, resolve, { once: true });
          video.addEventListener("error", () => reject(new Error(video.error.message)), { once: true });
        });
        const loaded = next("loadedmetadata");
        video.src = link;
        await loaded;
        const { duration } = video;
        const seekable = video.seekable.end(0);
        const seeked = next("seeked");
        video.currentTime = far;
        await seeked;
        const landed = video.currentTime;
        await video.play();
        while (video.currentTime < far + 1) await next("timeupdate");
        const last = video.buffered.length - 1;
        const buffered = video.buffered.start(last);
        video.pause();
        return { duration, seekable, landed, now: video.currentTime, buffered };
      }, { link: url, far: FAR });
      assert.equal(played.seekable, played.duration);
      assert.ok(Math.abs(played.duration - SECONDS) < 1, `${played.duration}`);
      assert.equal(played.landed, FAR);
      assert.ok(played.now >= FAR + 1 && played.now < SECONDS, `${played.now}`);
      assert.ok(played.buffered > FAR / 2, `it skipped what lies between: ${played.buffered}`);
    });

    test("a permitted page reads records and parts", async () => {
      const read = await page.evaluate(async ({ record, link, token }) => {
        const headers = { "authorization": `Bearer ${token}`, "x-fal-queue-priority": "low" };
        const job = await (await fetch(record, { headers })).json();
        const part = await fetch(link, { headers: { range: "bytes=5-6", "if-match": "*" } });
        return [job.id, part.status, part.headers.get("content-range"), (await part.text()).length];
      }, { record: `${vault.url}/jobs/clip`, link: url, token: API_TOKEN });
      const { size } = await stat(path);
      assert.deepEqual(read, ["clip", 206, `bytes 5-6/${size}`, 2]);
    });
  });
});
