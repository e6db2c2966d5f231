// A job that is submitted to the queue becomes a durable record and file.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest, run } from "../support/bytes.mjs";
import { startUpstream, UPSTREAM_KEY } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

/** The two curl lines of the webhook documentation, verbatim. */
const LINES = {
  "query parameter": String.raw`curl 'https://batch.pipelet.net/queue/wan22-fast-t2v?fal_webhook=https://echo.hetzner1.pipelet.ai/' \
    -H "Authorization: Bearer <your-api-key>" \
    -H "Content-Type: application/json" \
    -d '{"prompt": "A photo of an astronaut riding a horse."}'`,
  header: String.raw`curl 'https://batch.pipelet.net/queue/wan22-fast-t2v' \
    -H "Authorization: Bearer <your-api-key>" \
    -H "Content-Type: application/json" \
    -H "x-pipelet-webhook: https://echo.hetzner1.pipelet.ai/" \
    -d '{"prompt": "A photo of an astronaut riding a horse."}'`,
};

const DIALECTS = {
  "the seed's, without jobId": { dialect: "seed" },
  "today's": { dialect: "today" },
  "bare base64": { dialect: "base64" },
  // Such a body does not name its job; the reference in the hook URL does.
  "bare base64 without jobId": { dialect: "base64", jobId: false, previews: 0 },
};

/** How long URLs live, in seconds; even a busy machine copies the files in that time. */
const LIFE = 5;
const SHORT_LIVED = { size: 65_537, expiresIn: LIFE, previewsExpireIn: LIFE };

/** Returns a result's text without what hookvault may change in it: URLs and inline files. */
const skeleton = (text) => text.replace(/"(?:https?:|[\w+/]{1024})[^"]*"/g, '"FILE"');

describe("the main job", () => {
  let upstream;
  let vault;
  let references = 0;
  /** How long after each job's end everything was stored, in ms. */
  const delays = [];
  before(async () => {
    upstream = await startUpstream({ counting: true });
    vault = await startVault({ sources: upstream.sources });
  });
  after(() => stopAll(upstream, vault));

  /** Runs a curl line, and returns the job's id. */
  async function play(line, hookUrl) {
    const local = line.replace("https://batch.pipelet.net", upstream.url)
      .replace("https://echo.hetzner1.pipelet.ai/", hookUrl)
      .replace("<your-api-key>", UPSTREAM_KEY);
    const { stdout } = await run("sh", ["-c", local]);
    return JSON.parse(stdout).request_id;
  }

  async function checkFiles(job, outputs) {
    assert.equal(job.files.length, outputs.length);
    for (const [n, { sha256, size, contentType }] of outputs.entries()) {
      const file = job.files[n];
      assert.deepEqual([file.state, file.size, file.contentType], ["stored", size, contentType]);
      assert.deepEqual(await digest(file.url), { status: 200, size, sha256 });
    }
  }

  async function checkCopies(id, job) {
    const text = await (await vault.get(`/jobs/${id}`)).text();
    const day = new Date(job.createdAt).toISOString().slice(0, 10);
    const [published, manifest] = await eventually(`job ${id} is published`, async () => {
      const object = await (await vault.bucket()).get(`manifests/${day}/${id}.json`);
      const record = await (await vault.records()).get(id);
      return object && record ? [record, await object.json()] : undefined;
    });
    assert.equal(published, text);
    assert.deepEqual(
      [manifest.job.id, manifest.job.version, manifest.job.status, manifest.job.storedAt],
      [job.id, job.version, job.status, job.storedAt]);
    const facts = ({ n, name, size, etag, contentType }) => ({ n, name, size, etag, contentType });
    assert.deepEqual(manifest.job.files.map(facts), job.files.map(facts));
    const absolute = JSON.stringify(manifest.result).replaceAll('"/files/', `"${vault.url}/files/`);
    assert.deepEqual(JSON.parse(absolute), job.result);
    assert.deepEqual(manifest.events.map(({ entry: { n, outcome } }) => [n, outcome]),
      (await vault.events(id)).map(({ n, outcome }) => [n, outcome]));
  }

  for (const [way, line] of Object.entries(LINES)) {
    for (const [dialect, knobs] of Object.entries(DIALECTS)) {
      test(`submitted by ${way}; ${dialect}`, async (t) => {
        await upstream.setKnobs({ ...SHORT_LIVED, ...knobs });
        const reference = knobs.jobId === false ? `shot-${(references += 1)}` : "";
        const id = await play(line, vault.hookUrl(reference));
        vault.watch(id);
        const job = await vault.settled(id);
        const source = await upstream.result(id);

        const told = await upstream.job(id);
        const completed = told.events.find(({ eventType }) => eventType === "completed");
        delays.push(job.storedAt - completed.at);
        t.diagnostic(`stored ${delays.at(-1)} ms after completed`);
        assert.deepEqual([job.id, job.status, job.archive], [id, "completed", "stored"]);
        assert.equal(job.ref, reference || null);
        assert.deepEqual(await vault.outcomes(id), ["acquired:applied", "completed:applied"]);
        assert.deepEqual(told.deliveries.map(({ status }) => status), [200, 200]);

        const { video } = job.result;
        assert.equal(video.data_uri, job.files[0].url);
        if (knobs.dialect !== "base64") {
          assert.equal(video.data_url, video.data_uri);
          assert.deepEqual(job.files[0].pointers, ["/video/data_uri", "/video/data_url"]);
          assert.equal(upstream.fetches(told.files[0].key), 1);
        }
        assert.equal(skeleton(await (await vault.get(`/jobs/${id}/result`)).text()),
          skeleton(source));

        for (const url of source.match(/http[^"]+/g) ?? []) {
          const refusal = await eventually("the presigned URL has expired", async () => {
            const response = await fetch(url);
            const text = await response.text();
            return response.status === 403 ? text : undefined;
          });
          assert.match(refusal, /Request has expired/);
        }
        await checkFiles(job, [...told.files, ...told.previews]);
        await checkCopies(id, job);
      });
    }
  }

  // The machine may be busy once, but not each time.
  test("all is stored within five seconds of its end", () => assert.ok(Math.min(...delays) <= 5_000, `${delays} ms`));

  test("numbers, escapes and the order of keys come back unchanged", async () => {
    await upstream.setKnobs({ dialect: "seed", size: 100 });
    const id = await play(LINES.header, vault.hookUrl());
    const url = (await vault.settled(id)) && JSON.parse(await upstream.result(id)).video.data_uri;
    const escaped = url.replaceAll("/", "\\/").replaceAll("&", "\\u0026");
    const rest = (one, other) => `"seed":196619188014358660,"scale" : 1.10,\n\t"b":{"z":-0.0,`
      + `"a":[1E+2,1e400,"\\u00e9\\/😀"]},"video":{"url":${one},"copy": ${other}},`
      + '"b":{},"":null}';
    const text = `{"eventType":"completed","jobId":"exact",${rest(`"${escaped}"`, `"${url}"`)}`;
    assert.equal((await vault.deliver(text)).id, "exact");
    const job = await vault.settled("exact");
    const link = JSON.stringify(job.files[0].url);
    const result = await (await vault.get("/jobs/exact/result")).text();
    assert.equal(result, `{${rest(link, link)}`);
    const record = await (await vault.get("/jobs/exact")).text();
    assert.ok(record.includes(`"result":${result}`), record);
    assert.deepEqual(job.files[0].pointers, ["/video/url", "/video/copy"]);
  });

  test("the input's seed of 18 digits is in the result", async () => {
    await upstream.setKnobs({ dialect: "today", size: 100, previews: 0 });
    const seeded = LINES.header.replace('{"prompt"', '{"seed": 196619188014358660, "prompt"');
    const id = await play(seeded, vault.hookUrl());
    vault.watch(id);
    await vault.settled(id);
    const result = await (await vault.get(`/jobs/${id}/result`)).text();
    assert.match(result, /,"seed":196619188014358660\}$/);
    assert.equal(skeleton(result), skeleton(await upstream.result(id)));
  });
});
