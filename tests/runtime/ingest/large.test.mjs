// Large bodies go to R2 in pieces, and are never whole in memory. The whole file runs with wasm capped at 32 MiB, in
// which not even one of them would fit.
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { problem } from "../support/answers.mjs";
import { digest } from "../support/bytes.mjs";
import "../support/capped.mjs";
import { file, noise, startOrigin } from "../support/servers/origin.mjs";
import { startSource } from "../support/servers/source.mjs";
import { askable, sha256 } from "../support/servers/upstream.mjs";
import { sign } from "../support/programs/webhook-libraries.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const MIB = 1024 * 1024;
/** How many bodies at once take all of an isolate's 48 MiB of buffers. */
const HELD = 24;
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const MP4 = Buffer.from("0000001c6674797069736f6d", "hex");

let source, upstream, vault;
before(async () => {
  source = await startSource();
  upstream = await startOrigin();
  const vars = { ...askable(upstream.url), REPLICATE_WEBHOOK_SECRET: SECRET };
  vault = await startVault({ sources: source.url, vars });
});
after(() => stopAll(vault, source, upstream));

let count = 0;
const fresh = () => `large-${(count += 1)}`;
/** Returns a video whose base64 has about `bytes` bytes. */
const video = (bytes, seed = fresh()) => Buffer.concat([MP4, noise(Math.floor(bytes * 3 / 4) - MP4.length, seed)]);
const dataUri = (bytes) => `data:video/mp4;base64,${bytes.toString("base64")}`;
const text = (bytes, seed) => noise(Math.ceil(bytes / 2), seed).toString("hex");
const completed = (jobId, more) => JSON.stringify({ eventType: "completed", jobId, ...more });
const signed = async (body) => {
  const message = { id: "msg_1", timestamp: Math.floor(Date.now() / 1_000), body };
  return { "webhook-id": message.id, "webhook-timestamp": `${message.timestamp}`,
    "webhook-signature": await sign("standardwebhooks-js", SECRET, message) };
};
const nothingIncoming = async () => {
  assert.deepEqual(await vault.keys("incoming/"), []);
  assert.equal(await vault.uploadsInProgress(), 0);
};

/** Returns the bytes of an answer, which must be a 200. */
async function told(path) {
  const response = await vault.get(path);
  assert.equal(response.status, 200);
  return Buffer.from(await response.arrayBuffer());
}

async function isStored(id, bytes) {
  const { archive, files } = await vault.settled(id);
  assert.equal(archive, "stored");
  assert.equal((await digest(files[0].url)).sha256, sha256(bytes));
  assert.equal(files[0].size, bytes.length);
  await nothingIncoming();
}

describe("base64 in a long body", () => {
  test("32 MiB, four at once: stored byte for byte", async () => {
    const jobs = Array.from({ length: 4 }, () => ({ id: fresh(), bytes: video(32 * MIB) }));
    const deliveries = jobs.map(({ id, bytes }) => vault.deliver(completed(id, { video: { data_uri: dataUri(bytes) } })));
    assert.deepEqual((await Promise.all(deliveries)).map(({ status }) => status), [200, 200, 200, 200]);
    for (const { id, bytes } of jobs) await isStored(id, bytes);
  });

  test("90 MiB, one: stored byte for byte", async () => {
    const [id, bytes] = [fresh(), video(90 * MIB)];
    assert.equal((await vault.deliver(completed(id, { video: { data_uri: dataUri(bytes) } }))).status, 200);
    await isStored(id, bytes);
  });

  const bytes = video(2 * MIB);
  const base64 = bytes.toString("base64");
  const escaped = base64.replaceAll("/", "\\/");
  const nested = JSON.stringify(JSON.stringify({ video: { data_uri: dataUri(bytes) } }));
  for (const [what, written] of Object.entries({
    "slashes escaped": `{"data_uri":"data:video\\/mp4;base64,${escaped}"}`,
    "each slash spelled by its number": `{"data_uri":"${dataUri(bytes).replaceAll("/", "\\u002f")}"}`,
    "bare, at a key that says so": `{"b64_json":"${base64}"}`,
    "in lines": `{"data_uri":"data:video/mp4;base64,${base64.match(/.{1,76}/g).join("\\r\\n")}"}`,
    "the alphabet of URLs, no padding": `{"data_uri":"data:video/mp4;base64,${bytes.toString("base64url")}"}`,
    "percent-encoded": `{"data_uri":"data:video/mp4;base64,${encodeURIComponent(base64)}"}`,
    "in a string that is JSON itself": nested,
    "in one that is in another": JSON.stringify(JSON.stringify({ inner: JSON.stringify({ video: dataUri(bytes) }) })),
  })) {
    test(`${what}: stored, and the result names its URL`, async () => {
      const id = fresh();
      await vault.deliver(`{"eventType":"completed","jobId":"${id}","seed":1.10,"video":${written}}`);
      await isStored(id, bytes);
      const result = (await told(`/jobs/${id}/result`)).toString();
      assert.ok(result.startsWith('{"seed":1.10,"video":') && result.length < 2_000, result.slice(0, 2_000));
      assert.match(result, new RegExp(`/files/${id}/`));
    });
  }

  test("small ones beside a long one", async () => {
    const [id, small, long] = [fresh(), [video(2_000), video(9_000)], video(MIB)];
    await vault.deliver(completed(id, { previews: small.map(dataUri), video: { data_uri: dataUri(long) }, more: text(5_000) }));
    const { files, archive } = await vault.settled(id);
    assert.equal(archive, "stored");
    const stored = await Promise.all(files.map(async ({ url }) => (await digest(url)).sha256));
    assert.deepEqual(stored, [...small, long].map(sha256));
  });

  test("what is not quite base64 stays as it is", async () => {
    const [id, broken] = [fresh(), `data:video/mp4;base64,${base64}!`];
    await vault.deliver(completed(id, { video: { data_uri: broken } }));
    assert.equal((await vault.job(id)).files.length, 0);
    assert.equal(JSON.parse(await told(`/jobs/${id}/result`)).video.data_uri, broken);
  });
});

describe("long text in a result", () => {
  for (const [size, how] of [[300_000, "with the record"], [3 * MIB, "as a stream"], [20 * MIB, "as a stream, longer than memory"]]) {
    test(`${size} bytes beside a file: served ${how}`, async () => {
      const [id, long] = [fresh(), `${text(size)} \u00e9 "quoted" \\`];
      const url = source.put(`/outputs/free/${id}_0_a.mp4`, `video of ${id}`);
      const body = completed(id, { logs: long, video: url, seed: 1 }).replace('"seed":1', '"seed":1.10');
      assert.equal((await vault.deliver(body)).status, 200);
      const { archive, files } = await vault.settled(id);
      assert.equal(archive, "stored");
      const wanted = `{"logs":${JSON.stringify(long)},"video":${JSON.stringify(files[0].url)},"seed":1.10}`;
      assert.equal(sha256(await told(`/jobs/${id}/result`)), sha256(Buffer.from(wanted)));
      const record = JSON.parse(await told(`/jobs/${id}`));
      assert.deepEqual([record.result.logs === long, record.id], [true, id]);
      assert.equal(sha256(await told(`/jobs/${id}/events/1/body`)).length, 64);
      const [key] = (await vault.keys("manifests/")).filter((key) => key.endsWith(`/${id}.json`));
      const manifest = await eventually("the manifest is written", async () => {
        const object = await (await vault.bucket()).get(key ?? `manifests/none`);
        return object ? JSON.parse(await object.text()) : undefined;
      });
      assert.equal(manifest.result.logs, long);
    });
  }

  test("with raw line breaks and broken characters: repaired while it is read, and kept unchanged", async () => {
    const id = fresh();
    const lines = Buffer.from(`${"a line\n".repeat(300_000)}\xe9 \ttab`, "latin1");
    const sent = Buffer.concat([Buffer.from(`{"eventType":"completed","jobId":"${id}","n":NaN,"logs":"`), lines, Buffer.from('","seed":1.10}')]);
    assert.equal((await vault.deliver(sent)).status, 200);
    const result = (await told(`/jobs/${id}/result`)).toString();
    assert.ok(result.endsWith(',"seed":1.10}'), result.slice(-40));
    const { n, logs } = JSON.parse(result);
    assert.deepEqual([n, logs === `${"a line\n".repeat(300_000)}\ufffd \ttab`], [null, true]);
    assert.equal(sha256(await told(`/jobs/${id}/events/1/body`)), sha256(sent));
  });

  test("is in the export and in what the gateway answers, and is there after a restore", async () => {
    const [id, long] = [fresh(), text(3 * MIB, "kept")];
    const url = source.put(`/outputs/free/${id}_0_a.mp4`, `video of ${id}`);
    const others = [fresh(), fresh()];
    await vault.deliver(completed(others[0], { seed: 1 }));
    await vault.deliver(JSON.stringify({ eventType: "completed", jobId: id, logs: long, video: url }, null, 1), { query: "?app=m" });
    await vault.deliver(completed(others[1], { seed: 2 }));
    const { files: [{ url: durable }] } = await vault.settled(id);
    const exported = await eventually("all are listed", async () => {
      const lines = (await told("/export")).toString().trim().split("\n").map((line) => JSON.parse(line));
      return [id, ...others].every((id) => lines.some((line) => line.id === id)) ? lines : undefined;
    });
    const { result, archive } = exported.find((line) => line.id === id);
    assert.deepEqual([result.logs === long, result.video, archive], [true, durable, "stored"]);
    const ids = exported.map((line) => line.id);
    assert.ok(ids.indexOf(others[0]) < ids.indexOf(id) && ids.indexOf(id) < ids.indexOf(others[1]), `${ids}`);
    const answer = JSON.parse(await told(`/queue/m/requests/${id}`));
    assert.deepEqual([answer.logs === long, answer.video], [true, durable]);
    await eventually("the manifest is written", async () => {
      const manifest = await (await vault.bucket()).get(`manifests/${new Date().toISOString().slice(0, 10)}/${id}.json`);
      return manifest !== null || undefined;
    });
    const bucket = await vault.bucket();
    const emptied = await startVault({ sources: source.url });
    try {
      const there = await emptied.bucket();
      for (const key of (await vault.keys("")).filter((key) => key.includes(id))) {
        const object = await bucket.get(key);
        await there.put(key, await object.arrayBuffer(), { httpMetadata: object.httpMetadata, customMetadata: object.customMetadata });
      }
      const restored = await emptied.post("/restore", "", { authorization: `Bearer ${API_TOKEN}` });
      assert.equal(restored.status, 200, await restored.clone().text());
      const again = await eventually("it is back", async () => {
        const response = await emptied.get(`/jobs/${id}/result`);
        return response.status === 200 ? response.json() : undefined;
      });
      assert.equal(again.logs, long);
      emptied.leaveWork();
    } finally {
      await emptied.stop();
    }
  });

  test("secrets in it are masked while it is read", async () => {
    const id = fresh();
    const presigned = "https://bucket.example/a.mp4?X-Amz-Signature=0123456789abcdef";
    await vault.deliver(completed(id, { logs: `${text(2 * MIB)} see ${presigned} ${text(MIB)}` }));
    const result = (await told(`/jobs/${id}/result`)).toString();
    assert.match(result, /see https:\/\/bucket\.example\/a\.mp4\?\*\*\* /);
    assert.doesNotMatch((await told(`/jobs/${id}/events/1/body`)).toString(), /X-Amz-Signature=0/);
  });
});

describe("a long body that is refused leaves nothing", () => {
  const body = () => completed(fresh(), { logs: text(MIB) });
  const inPieces = (bytes) => new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 100_000) controller.enqueue(bytes.subarray(at, at + 100_000));
      controller.close();
    },
  });

  test("its signature is not valid", async () => {
    const headers = await signed("another body");
    for (const sent of [body(), gzipSync(body())]) {
      await problem(await vault.post(vault.hookUrl(), sent, headers), 401);
      await nothingIncoming();
    }
  });

  test("its signature is valid, over the body as sent or as uncompressed", async () => {
    for (const pack of [(sent) => Buffer.from(sent), gzipSync]) {
      const sent = body();
      const response = await vault.post(vault.hookUrl(), pack(sent), await signed(sent));
      assert.equal(response.status, 200, await response.clone().text());
      vault.watch((await response.json()).id);
      await nothingIncoming();
    }
  });

  test("it is over the limit, and declares no length", async () => {
    const limited = await startVault({ vars: { MAX_BODY_BYTES: "600000" } });
    try {
      await problem(await limited.post(limited.hookUrl(), inPieces(Buffer.from(body()))), 413);
      await problem(await limited.post(limited.hookUrl(), gzipSync(completed(fresh(), { logs: "x".repeat(MIB) }))), 413);
      assert.deepEqual(await limited.keys(""), []);
      assert.equal(await limited.uploadsInProgress(), 0);
    } finally {
      await limited.stop();
    }
  });

  test("it breaks off", async () => {
    const sent = Buffer.from(body());
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(sent.subarray(0, 700_000));
      },
      pull(controller) {
        controller.error(new Error("gone"));
      },
    });
    await assert.rejects(vault.post(vault.hookUrl(), broken, { "content-length": String(sent.length) }));
    await eventually("nothing is left", () => nothingIncoming().then(() => true));
  });

  test("without a length it is stored by parts", async () => {
    const [id, bytes] = [fresh(), video(12 * MIB)];
    const sent = Buffer.from(completed(id, { video: { data_uri: dataUri(bytes) } }));
    const response = await vault.post(vault.hookUrl(), inPieces(sent));
    assert.equal(response.status, 200, await response.clone().text());
    vault.watch(id);
    await isStored(id, bytes);
  });
});

test("more bodies at once than fit in memory wait, then get 503 before anything is lost, while others are answered", async () => {
  const reference = fresh();
  upstream.on("/queue/m/requests/71003", file(Buffer.from(completed("71003", { seed: 1 })), {}));
  await vault.deliver({ eventType: "acquired", jobId: "71003" }, { reference, query: "?app=m" });
  const held = Array.from({ length: HELD }, () => {
    const headers = { "content-type": "application/json", "content-length": MIB };
    const sending = request(vault.hookUrl(), { method: "POST", headers });
    sending.on("error", () => {});
    sending.write(Buffer.alloc(400_000, " "));
    return sending;
  });
  try {
    // The deliveries before this one may not have got so far.
    const late = eventually("there is no memory left", async () => {
      const response = await vault.post(vault.hookUrl(reference), JSON.stringify({ eventType: "retried", jobId: "71003", logs: text(MIB) }));
      return response.status === 200 ? undefined : response;
    });
    assert.equal((await vault.deliver({ eventType: "failed", jobId: "71004" })).status, 200);
    const response = await late;
    assert.equal(response.headers.get("retry-after"), "5");
    assert.match(await problem(response, 503), /no memory is free .*; send it again/);
  } finally {
    for (const sending of held) sending.destroy();
  }
  const healed = await eventually("the job asks the queue", async () =>
    (await vault.events("71003")).find(({ outcome }) => outcome === "heal"));
  assert.ok(healed);
  await eventually("nothing is left", () => nothingIncoming().then(() => true, () => undefined));
});

describe("a long body, whichever way it comes", () => {
  test("compressed", async () => {
    const [id, bytes] = [fresh(), video(8 * MIB)];
    const sent = gzipSync(completed(id, { video: { data_uri: dataUri(bytes) } }));
    assert.equal((await vault.deliver(sent, { headers: { "content-encoding": "gzip" } })).status, 200);
    await isStored(id, bytes);
    const [{ detail }] = (await vault.events(id)).filter(({ eventType }) => eventType === "completed");
    assert.match(detail, /came as gzip/);
  });

  test("twice, with other spacing the second time: one result, one file", async () => {
    const [id, bytes] = [fresh(), video(2 * MIB)];
    const value = { eventType: "completed", jobId: id, video: { data_uri: dataUri(bytes) }, logs: text(40_000, id), updatedAt: 5 };
    await vault.deliver(JSON.stringify(value));
    await isStored(id, bytes);
    const again = await vault.deliver(JSON.stringify({ ...value, updatedAt: 6 }, null, 2).replaceAll("/", "\\/"));
    assert.equal(again.duplicate, true);
    assert.equal((await vault.job(id)).files.length, 1);
  });

  test("of no job: it waits in the box, is shown there, and is assigned", async () => {
    const [id, bytes] = [fresh(), video(3 * MIB)];
    const sent = JSON.stringify({ eventType: "completed", video: { data_uri: dataUri(bytes) } });
    const { status, unmatched } = await vault.deliver(sent);
    assert.equal(status, 202);
    await nothingIncoming();
    assert.equal(sha256(await told(`/unmatched/${unmatched}`)), sha256(Buffer.from(sent)));
    const assigned = await vault.post(`/unmatched/${unmatched}?job=${id}&create=true`, "", { authorization: `Bearer ${API_TOKEN}` });
    assert.equal(assigned.status, 200, await assigned.clone().text());
    vault.watch(id);
    await isStored(id, bytes);
  });

  test("of a reference, whose id comes later", async () => {
    const [id, reference, bytes] = ["71001", fresh(), video(3 * MIB)];
    await vault.deliver(JSON.stringify({ eventType: "completed", video: { data_uri: dataUri(bytes) } }), { reference });
    await isStored(`ref:${reference}`, bytes);
    await vault.deliver({ eventType: "acquired", jobId: id });
    await vault.deliver({ eventType: "failed", jobId: id }, { reference });
    const job = await vault.settled(id);
    assert.deepEqual([job.status, job.archive, job.ref], ["completed", "stored", reference]);
    assert.equal((await digest(job.files[0].url)).sha256, sha256(bytes));
  });

  test("as the upstream's answer", async () => {
    const [id, bytes] = ["71002", video(3 * MIB)];
    upstream.on(`/queue/m/requests/${id}`, file(Buffer.from(completed(id, { video: { data_uri: dataUri(bytes) } })), {}));
    await vault.deliver({ eventType: "acquired", jobId: id, leaseExpiry: 1, acquiredAt: 1 }, { query: "?app=m" });
    await isStored(id, bytes);
    assert.ok((await vault.events(id)).some(({ outcome }) => outcome === "heal"));
  });

  test("with too much beside its long strings: stored and served whole, without its files", async () => {
    const id = fresh();
    const url = source.put(`/outputs/free/${id}_0_a.mp4`, "a");
    const lines = Array.from({ length: 40_000 }, (_, n) => `${n} ${"x".repeat(80)}`);
    const sent = completed(id, { lines, video: url, seed: 7 });
    assert.equal((await vault.deliver(sent)).status, 200);
    const job = await vault.settled(id);
    assert.deepEqual([job.status, job.archive, job.files.length, job.skipped.length], ["completed", "partial", 0, 1]);
    assert.match(job.skipped[0].reason, /over 2 MiB/);
    const result = JSON.parse(await told(`/jobs/${id}/result`));
    assert.deepEqual([result.lines.length, result.lines.at(-1), result.seed], [40_000, lines.at(-1), 7]);
  });

  test("that was left when the Worker died is in the box after a day", async () => {
    const bucket = await vault.bucket();
    const [old, young] = [Date.now() - 25 * 3_600_000, Date.now() - 3_600_000];
    await bucket.put(`incoming/${old}-0123456789abcdef`, "left");
    await bucket.put(`incoming/${young}-fedcba9876543210`, "under way");
    const { unmatched } = await vault.json("/unmatched?limit=1000");
    const found = unmatched.find(({ receivedAt }) => receivedAt === old);
    assert.match(found.reason, /stopped before it found/);
    assert.deepEqual(await vault.keys("incoming/"), [`incoming/${young}-fedcba9876543210`]);
    await bucket.delete(`incoming/${young}-fedcba9876543210`);
  });
});

