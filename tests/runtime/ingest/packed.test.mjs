// Compressed bodies: decompressed before anything else, up to the limit and no further.
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { json, problem } from "../support/answers.mjs";
import { digest } from "../support/bytes.mjs";
import { acquired, completed } from "../support/deliveries.mjs";
import { file, noise, startOrigin } from "../support/servers/origin.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { askable, sha256 } from "../support/servers/upstream.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";
import { sign } from "../support/programs/webhook-libraries.mjs";

const LIMIT = 1_000_000;
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const api = { authorization: `Bearer ${API_TOKEN}` };

let source, upstream, vault;
before(async () => {
  source = await startSource();
  upstream = await startOrigin();
  const vars = { ...askable(upstream.url), MAX_BODY_BYTES: `${LIMIT}`, REPLICATE_WEBHOOK_SECRET: SECRET };
  vault = await startVault({ sources: source.url, vars });
});
after(() => stopAll(vault, source, upstream));

let count = 0;
const number = () => String(820_000 + (count += 1));
const coded = (coding) => ({ "content-encoding": coding });
/** Returns a result of job `id`; `pad` makes it long. */
const result = (id, pad = "") => JSON.stringify({ ...completed(source.put(`/outputs/free/${id}_0_a.mp4`, `video of ${id}`), id), pad });

async function isStored(id) {
  const { archive, files } = await vault.settled(id);
  assert.equal(archive, "stored");
  assert.equal((await digest(files[0].url)).sha256, sha256(`video of ${id}`));
}

/** Checks that job `id` asked the upstream, because its webhook could not be accepted. */
async function isHealed(id, why) {
  const healed = await eventually("it is healed", async () =>
    (await vault.events(id)).find(({ outcome, detail }) => outcome === "heal" && why.test(detail)));
  assert.ok(healed);
  await isStored(id);
}

/** Makes a running job whose result the upstream has. */
async function running() {
  const id = number();
  await vault.deliver(acquired(id), { reference: `order-${id}`, query: "?app=m" });
  upstream.on(`/queue/m/requests/${id}`, file(Buffer.from(result(id)), {}));
  return id;
}

describe("a delivery sent as", () => {
  const twice = (bytes) => gzipSync(gzipSync(bytes));
  for (const [name, coding, pack, told] of [
    ["gzip", "gzip", gzipSync, "gzip"],
    ["x-gzip", "X-GZIP", gzipSync, "gzip"],
    ["gzip that no header names", "", gzipSync, "gzip"],
    ["gzip among names of no coding", "utf-8, gzip,aws-chunked", gzipSync, "gzip"],
    ["deflate in zlib's format", "deflate", deflateSync, "deflate"],
    ["deflate without it", "deflate", deflateRawSync, "deflate-raw"],
    ["gzip of gzip", "gzip, gzip", twice, "gzip of gzip"],
    ["gzip of gzip that is named once", "gzip", twice, "gzip of gzip"],
    ["gzip of deflate", "deflate, gzip", (bytes) => gzipSync(deflateSync(bytes)), "gzip of deflate"],
  ]) {
    for (const [size, where] of [[0, "short"], [600_000, "long"]]) {
      test(`${name}, ${where}`, async () => {
        const id = number();
        const body = result(id, noise(size / 2, id).toString("hex"));
        const headers = coding ? coded(coding) : {};
        assert.equal((await vault.deliver(pack(body), { headers })).status, 200);
        await isStored(id);
        const [entry] = await vault.events(id);
        assert.deepEqual([entry.detail, entry.bytes], [`the body came as ${told}`, Buffer.byteLength(body)]);
        const kept = await (await vault.get(`/jobs/${id}/events/1/body`)).json();
        assert.equal(kept.jobId, id);
        assert.equal((await vault.deliver(body)).duplicate, true, "packed or not, it is the same");
      });
    }
  }

  for (const coding of ["gzip", "deflate", "gzip, deflate", "utf-8", "none", "8bit", "aws-chunked", "base64", ""]) {
    test(`plain text, whatever \`Content-Encoding: ${coding}\` says`, async () => {
      const id = number();
      const headers = coded(coding);
      assert.equal((await vault.deliver(`\ufeff${result(id)}`, { headers })).status, 200);
      await isStored(id);
      assert.equal((await vault.events(id))[0].detail, null);
    });
  }
});

describe("a delivery that can't be decompressed", () => {
  for (const coding of ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip"]) {
    test(`is refused with 415 for ${coding}, and its job asks the upstream`, async () => {
      const id = await running();
      const response = await vault.post(vault.hookUrl(`order-${id}`), noise(100, id), coded(coding));
      assert.equal(response.headers.get("accept-encoding"), "gzip, deflate");
      assert.ok((await problem(response, 415)).includes(coding));
      await isHealed(id, /with Content-Encoding .* was refused \(415\)/);
    });
  }

  test("is refused with 415 by a capability too", async () => {
    const id = number();
    upstream.on("/queue/m", (response, request) => {
      upstream.hook = new URL(request.url, upstream.url).searchParams.get("fal_webhook");
      file(Buffer.from(JSON.stringify({ request_id: id })), { "content-type": "application/json" })(response);
    });
    assert.equal((await vault.post("/queue/m", '{"prompt":"a"}', api)).status, 200);
    vault.watch(id);
    upstream.on(`/queue/m/requests/${id}`, file(Buffer.from(result(id)), {}));
    const response = await fetch(upstream.hook, { method: "POST", body: noise(100, id), headers: coded("br") });
    await problem(response, 415);
    await isHealed(id, /with Content-Encoding br/);
  });

  for (const [name, spoil] of [
    ["broken", (bytes) => { bytes[bytes.length >> 1] ^= 0xff; return bytes; }],
    ["cut", (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ["followed by more", (bytes) => Buffer.concat([bytes, Buffer.from("more")])],
  ]) {
    test(`is kept as it was sent if it is ${name}, and its job asks the upstream`, async () => {
      const id = await running();
      const sent = spoil(gzipSync(result(id, noise(500, id).toString("hex"))));
      const kept = await vault.deliver(sent, { reference: `order-${id}`, headers: coded("gzip") });
      assert.equal(kept.status, 202);
      assert.match(kept.reason, /gzip that can't be decompressed/);
      const raw = await (await vault.get(`/unmatched/${kept.unmatched}`)).arrayBuffer();
      assert.ok(Buffer.from(raw).equals(sent));
      await isHealed(id, /can't be read/);
    });
  }

  for (const [name, bomb] of [
    ["of 256 MiB", () => gzipSync(Buffer.alloc(1 << 28))],
    ["just over the limit", () => gzipSync(JSON.stringify({ jobId: "x", pad: "x".repeat(LIMIT) }))],
    ["in two layers", () => gzipSync(gzipSync(Buffer.alloc(1 << 26)))],
    ["by deflate", () => deflateSync(Buffer.alloc(1 << 26))],
  ]) {
    test(`is refused with 413 if it is a bomb ${name}, and its job asks the upstream`, async () => {
      const id = await running();
      const coding = name === "by deflate" ? "deflate" : "gzip";
      const sent = bomb();
      const response = await vault.post(vault.hookUrl(`order-${id}`), sent, coded(coding));
      await problem(response, 413);
      await isHealed(id, /more than 1000000 bytes was refused \(413\)/);
    });
  }

  test("a body of exactly the limit is accepted", async () => {
    const id = number();
    const pad = "x".repeat(LIMIT - Buffer.byteLength(result(id)));
    assert.equal((await vault.deliver(gzipSync(result(id, pad)), { headers: coded("gzip") })).status, 200);
    await isStored(id);
  });
});

describe("what is signed", () => {
  const signed = async (body) => {
    const message = { id: "msg_1", timestamp: Math.floor(Date.now() / 1_000), body };
    return { "webhook-id": message.id, "webhook-timestamp": `${message.timestamp}`,
      "webhook-signature": await sign("standardwebhooks-js", SECRET, message) };
  };

  test("may be the uncompressed bytes", async () => {
    const id = number();
    const body = result(id);
    assert.equal((await vault.deliver(gzipSync(body), { headers: { ...(await signed(body)), ...coded("gzip") } })).status, 200);
    assert.equal((await vault.events(id))[0].trust, "signed");
    await isStored(id);
  });

  test("may be nothing else", async () => {
    const id = number();
    const headers = { ...(await signed("something else")), ...coded("gzip") };
    const response = await vault.post(vault.hookUrl(), gzipSync(result(id)), headers);
    await problem(response, 401);
    assert.equal((await vault.get(`/jobs/${id}`)).status, 404);
  });
});

describe("other bodies are decompressed too", () => {
  test("those of imports and tickets", async () => {
    const id = number();
    const imported = await vault.post("/jobs", gzipSync(`{"id":${id}}`), { ...api, ...coded("gzip") });
    assert.equal((await json(imported)).imported, 1);
    const made = await vault.post("/tickets", deflateSync('{"scope":"live"}'), { ...api, ...coded("deflate") });
    assert.ok((await json(made)).ticket);
    for (const path of ["/jobs", "/tickets"]) {
      await problem(await vault.post(path, "{}", { ...api, ...coded("br") }), 415);
    }
  });

  test("those of submissions, which are passed on uncompressed", async () => {
    const id = number();
    let got;
    upstream.on("/queue/packed", async (response, request) => {
      got = { headers: request.headers, body: await text(request) };
      file(Buffer.from(JSON.stringify({ request_id: id })), { "content-type": "application/json" })(response);
    });
    const input = '{"prompt":"a","seed":196619188014358660}';
    const response = await vault.post("/queue/packed", gzipSync(input), { ...api, ...coded("gzip") });
    assert.equal(response.status, 200, await response.text());
    assert.deepEqual([got.body, got.headers["content-encoding"]], [input, undefined]);
    assert.equal((await vault.post("/queue/packed", "{}", { ...api, ...coded("br") })).status, 415);
  });
});
