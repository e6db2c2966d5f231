// The outputs of the simulator's jobs can be viewed and heard: by ffprobe, in Chromium, and models by the official glTF
// validator.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import gltf from "gltf-validator";
import { chromiumOptions } from "../../../tools/test/browser.mjs";
import { run as execute } from "../../runtime/support/bytes.mjs";
import { lacking } from "../../runtime/support/programs/tools.mjs";
import { BINARY, bytesOf, rig, sha256 } from "../support/rig.mjs";

const MIB = 1_048_576;
/** Enough prompts to choose every medium. */
const PROMPTS = Array.from({ length: 12 }, (_, n) => `prompt ${n}`);
const APPS = { video: "wan22-fast-t2v", image: "fal-ai/flux/dev", audio: "music-gen", model: "image-to-3d" };

/** Returns the results of a job for each prompt. */
async function made(t, app, prompts, sim = {}) {
  const { simulator, hook, submit } = await rig(t, { knobs: { size: null } });
  for (const prompt of prompts) await submit({ prompt, _sim: sim }, BINARY, `/queue/${app}`);
  await simulator.idle();
  const completed = hook.json().filter(({ eventType }) => eventType === "completed");
  return completed.sort((one, other) => one.jobId - other.jobId);
}

/** Returns what identifies a medium: bytes that are not near its key. */
const look = (bytes) => sha256(bytes.subarray(2_000, 4_000));

/** Returns a URL of each medium of this kind. */
async function each(t, kind, sim) {
  const seen = new Map();
  for (const { [kind]: { data_uri: url } } of await made(t, APPS[kind], PROMPTS, sim)) {
    seen.set(look(await bytesOf(url)), url);
  }
  return [...seen.values()];
}

test("the last word of an application's name decides what it makes", async (t) => {
  const kinds = { "wan22-fast-t2v": "video", "fal-ai/flux/dev": "image", "qwen-image": "image", "music-gen": "audio",
    "stable-audio": "audio", "hunyuan3d/v2": "model", "image-to-video": "video", "video-to-audio": "audio",
    "kling/image-to-3d": "model", "whatever": "video" };
  for (const [app, kind] of Object.entries(kinds)) {
    const [result] = await made(t, app, ["one"]);
    const wanted = ["eventType", "jobId", kind, ...(kind === "video" ? ["preview_fps", "previews"] : [])];
    assert.deepEqual(Object.keys(result), wanted, app);
  }
});

test("each prompt always makes the same medium, and no two files are equal", async (t) => {
  for (const [kind, app] of Object.entries(APPS)) {
    const results = await made(t, app, [...PROMPTS, ...PROMPTS]);
    const files = await Promise.all(results.map((result) => bytesOf(result[kind].data_uri)));
    assert.equal(new Set(files.map(sha256)).size, files.length, kind);
    assert.ok(new Set(files.map(look)).size >= 3, `${kind} is always the same`);
    PROMPTS.forEach((prompt, n) => assert.equal(look(files[n]), look(files[n + PROMPTS.length]), prompt));
  }
});

test("a video has the requested size", async (t) => {
  for (const size of [0, 10, 65_536, 100_000, 3 * MIB + 1]) {
    const [{ video }] = await made(t, APPS.video, ["one"], { size });
    assert.equal((await bytesOf(video.data_uri)).length, size);
  }
});

test("each model is valid, and its surface looks outwards", async (t) => {
  for (const url of await each(t, "model")) {
    const bytes = await bytesOf(url);
    const { issues, mimeType } = await gltf.validateBytes(new Uint8Array(bytes));
    assert.deepEqual([issues.messages, mimeType], [[], "model/gltf-binary"]);
    assert.deepEqual(inward(bytes), 0);
  }
});

/** Returns how many of a model's triangles face inward. */
function inward(glb) {
  const json = JSON.parse(glb.subarray(20, 20 + glb.readUInt32LE(12)));
  const start = 20 + glb.readUInt32LE(12) + 8;
  const part = (n) => glb.subarray(start + json.bufferViews[n].byteOffset).subarray(0, json.bufferViews[n].byteLength);
  const vector = (n) => (index) => [0, 4, 8].map((at) => part(n).readFloatLE(index * 12 + at));
  const [position, normal] = [vector(0), vector(1)];
  let count = 0;
  for (let at = 0; at < part(2).length; at += 6) {
    const corners = [0, 2, 4].map((more) => part(2).readUInt16LE(at + more));
    const [a, b, c] = corners.map(position);
    const [u, v] = [b, c].map((point) => point.map((value, i) => value - a[i]));
    const face = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    count += normal(corners[0]).reduce((sum, value, i) => sum + value * face[i], 0) <= 0;
  }
  return count;
}

describe("by ffprobe", { skip: lacking("ffprobe") }, () => {
  const streams = async (url) => {
    const { stdout, stderr } = await execute("ffprobe", ["-v", "warning", "-of", "json", "-show_streams", "-show_format", url]);
    assert.equal(stderr, "");
    const { streams: all, format } = JSON.parse(stdout);
    return { codecs: all.map(({ codec_name: name }) => name).join(), seconds: Number(format.duration) };
  };

  test("films have a picture and a sound, also padded to 3 MiB", async (t) => {
    for (const url of [...await each(t, "video"), ...await each(t, "video", { size: 3 * MIB + 1 })]) {
      const { codecs, seconds } = await streams(url);
      assert.deepEqual([codecs, Math.round(seconds)], ["h264,aac", 4]);
    }
  });

  test("pictures are a PNG, a JPEG and a WebP; sounds are MP3", async (t) => {
    const all = async (kind) => Promise.all((await each(t, kind)).map(streams));
    assert.deepEqual((await all("image")).map(({ codecs }) => codecs).sort(), ["mjpeg", "png", "webp"]);
    assert.deepEqual((await all("audio")).map(({ codecs, seconds }) => `${codecs} ${Math.round(seconds)}`),
      Array(3).fill("mp3 4"));
  });
});

describe("in Chromium", { skip: lacking("chromium") }, () => {
  let browser;
  let page;
  let server;
  before(async () => {
    const { chromium } = await import("playwright-core");
    browser = await chromium.launch(chromiumOptions("chromium"));
    server = createServer((request, response) => response.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** Plays all of them at once, for a second each. */
  const played = (tag, urls) => page.evaluate(([name, sources]) => Promise.all(sources.map(async (src) => {
    const player = Object.assign(document.createElement(name), { src });
    document.body.append(player);
    await new Promise((resolve, reject) => {
      player.ontimeupdate = () => player.currentTime > 1 && resolve();
      player.onerror = () => reject(new Error(player.error.message));
      player.play().catch(reject);
    });
    const { duration, videoWidth: width, webkitAudioDecodedByteCount: sound } = player;
    const frames = player.getVideoPlaybackQuality?.().totalVideoFrames;
    player.remove();
    return { seconds: Math.round(duration), width, sound, frames };
  })), [tag, urls]);

  test("films play, with sound, also padded", async (t) => {
    const urls = [...await each(t, "video"), ...await each(t, "video", { size: 3 * MIB + 1 })];
    for (const { seconds, width, sound, frames } of await played("video", urls)) {
      assert.deepEqual([seconds, width], [4, 640]);
      assert.ok(sound > 1_000 && frames > 5, `${sound} bytes of sound, ${frames} frames`);
    }
  });

  test("sounds play", async (t) => {
    for (const { seconds, sound } of await played("audio", await each(t, "audio"))) {
      assert.equal(seconds, 4);
      assert.ok(sound > 5_000, `${sound} bytes of sound`);
    }
  });

  test("pictures show, and so do the previews of films, as large as they say", async (t) => {
    const size = (url) => page.evaluate(async (source) => {
      const image = Object.assign(new Image(), { src: source });
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, url);
    for (const url of await each(t, "image")) assert.deepEqual(await size(url), [640, 640]);
    const [{ previews }] = await made(t, APPS.video, ["one"], { previews: 6 });
    for (const { url, width, height } of previews) assert.deepEqual(await size(url), [width, height]);
  });
});
