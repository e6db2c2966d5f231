// Each sender's key goes to that sender's own hosts, for its own jobs' files, and nowhere else.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { say, startHosts } from "../support/servers/hosts.mjs";
import { file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const KEYS = Object.fromEntries(["openrouter", "gemini", "replicate", "kling", "runway", "bfl", "luma", "wavespeed"]
  .map((name) => [name, `${name}-key-0123456789`]));
const OPENROUTER = "https://openrouter.ai/api/v1";
const GEMINI = "https://generativelanguage.googleapis.com/v1beta";
const CDN = "https://cdn.example/x.mp4";

describe("a sender's key", () => {
  let hosts, vault;
  before(async () => {
    hosts = await startHosts();
    const vars = { SENDER_KEYS: JSON.stringify(KEYS) };
    vault = await startVault({ sources: "cdn.example", vars, change: hosts.change });
  });
  after(async () => {
    vault?.leaveWork();
    await stopAll(vault, hosts);
  });

  const keyIn = ({ headers }) => Object.values(headers).find((value) => String(value).includes("-key-0123456789"));
  const content = (id, n = 0) => `${OPENROUTER}/videos/${id}/content?index=${n}`;
  const openrouter = (id, urls) => ({ type: "video.generation.completed", created_at: "2026-12-01T00:00:00Z",
    data: { id, status: "completed", unsigned_urls: urls } });
  const stored = async (id) => {
    vault.watch(id);
    return (await vault.settled(id)).archive;
  };

  test("is sent with the download that needs it, and not along its redirect", async () => {
    const moved = (response) => response.writeHead(302, { location: CDN }).end();
    hosts.on(content("k1"), file(noise(500)));
    hosts.on(content("k1", 1), moved);
    hosts.on(CDN, file(noise(600)));
    await vault.deliver(openrouter("k1", [content("k1"), content("k1", 1)]));
    assert.equal(await stored("k1"), "stored");
    for (const n of [0, 1]) {
      const requests = hosts.requests(content("k1", n));
      assert.ok(requests.length > 0 && requests.every(({ headers }) =>
        headers.authorization === `Bearer ${KEYS.openrouter}`));
    }
    assert.ok(hosts.requests(CDN).length > 0 && hosts.requests(CDN).every((request) => !keyIn(request)));
    const { files, result } = await vault.job("k1");
    assert.deepEqual(result, files.map(({ url }) => url));
  });

  test("is sent when a file is read before it is copied", async () => {
    let open = false;
    hosts.on(content("k2"), (response, request) =>
      (open ? file(noise(500)) : (answer) => answer.writeHead(503).end())(response, request));
    await vault.deliver(openrouter("k2", [content("k2")]));
    const [{ url }] = (await vault.job("k2")).files;
    await eventually("it was asked for", () => Promise.resolve(hosts.requests(content("k2")).length > 0 || undefined));
    open = true;
    const read = await fetch(url, { headers: { connection: "close" } });
    assert.equal(read.status, 200);
    assert.equal((await read.arrayBuffer()).byteLength, 500);
    assert.ok(hosts.requests(content("k2")).every(keyIn));
  });

  test("a thin event makes the vault fetch the result at once", async () => {
    const id = "models/veo-3/operations/op1";
    const uri = `${GEMINI}/files/f1:download?alt=media`;
    hosts.on(uri, file(noise(700)));
    hosts.on(`${GEMINI}/${id}`, say({ name: id, done: true,
      response: { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } } }));
    await vault.deliver({ type: "video.generated", version: "v1", timestamp: "2026-12-01T00:00:00Z", data: { id } });
    assert.equal(await stored("models~2Fveo-3~2Foperations~2Fop1"), "stored");
    for (const url of [`${GEMINI}/${id}`, uri]) {
      const requests = hosts.requests(url);
      assert.ok(requests.length > 0 && requests.every(({ headers }) => headers["x-goog-api-key"] === KEYS.gemini), url);
    }
  });

  /** Ten bodies that name a URL which is not their own. */
  const hostile = {
    "Kling's body names OpenRouter's content": { body: (id) => ({ id, status: "succeeded", create_time: 1, update_time: 2,
      outputs: [{ type: "video", id: "1", url: content(id) }] }) },
    "OpenRouter's body names Gemini's files": { body: (id) => openrouter(id, [`${GEMINI}/files/stolen:download?alt=media`]) },
    "OpenRouter's body names another job's content": { body: (id) => openrouter(id, [content("another")]) },
    "OpenRouter's body names the account": { body: (id) => openrouter(id, [`${OPENROUTER}/credits`, `${OPENROUTER}/videos/${id}/content/..%2f..%2fcredits`]) },
    "Replicate's body names OpenRouter's content": { body: (id) => ({ id, version: "v", model: "m", input: {}, logs: "",
      status: "succeeded", output: [content(id)], completed_at: "2026-12-01T00:00:00Z" }) },
    "Replicate's body disguises OpenRouter": { body: (id) => ({ id, version: "v", model: "m", input: {}, logs: "",
      status: "succeeded", output: [`https://replicate.delivery@openrouter.ai/api/v1/videos/${id}/content`] }) },
    "pipelet's body names both": { body: (id) => ({ eventType: "completed", jobId: id,
      results: [content(id), `${GEMINI}/files/f1:download`] }) },
    "Luma's body ends in OpenRouter's host": { body: (id) => ({ id, state: "completed", request: {},
      assets: { video: `https://storage.cdn-luma.com\\@openrouter.ai/api/v1/videos/${id}/content` } }) },
    "BFL's body names a URL to be asked": { body: (id) => ({ id, status: "Ready", timestamp: "2026-12-01T00:00:00Z",
      polling_url: `${OPENROUTER}/credits`, result: { sample: "https://dnznrvs05pmza.cloudfront.net/a.mp4" } }) },
    "the hook's URL names OpenRouter for Kling's body": { query: "?from=openrouter", body: (id) => ({ id,
      status: "succeeded", create_time: 1, update_time: 2, outputs: [{ type: "video", url: content(id) }] }) },
  };
  const ids = Object.keys(hostile).map((_, n) => `hostile-${n}`);
  /** What OpenRouter's own bodies may lead to: questions about their jobs, and downloads without the key. */
  const questions = ids.slice(1, 4).map((id) => `${OPENROUTER}/videos/${id}`);
  const bare = [content("another"), `${OPENROUTER}/credits`,
    `${OPENROUTER}/videos/hostile-3/content/..%2f..%2fcredits`];

  test("is not got by ten hostile bodies, and no host of another row is asked", async () => {
    const before = hosts.all().length;
    for (const [n, [name, { body, query }]] of Object.entries(hostile).entries()) {
      const answer = await vault.deliver(body(ids[n]), { query, isOneOfMany: true });
      assert.ok([200, 202].includes(answer.status), `${name}: ${JSON.stringify(answer)}`);
    }
    await new Promise((wake) => setTimeout(wake, 1_500));
    const made = hosts.all().slice(before);
    assert.deepEqual(made.filter(keyIn).map(({ url }) => url).filter((url) => !questions.includes(url)), []);
    const known = [...questions, ...bare];
    assert.deepEqual(made.map(({ url }) => url).filter((url) => !known.includes(url)), []);
    assert.ok(bare.every((url) => made.some((request) => request.url === url)), "they are fetched, without the key");
  });
});
