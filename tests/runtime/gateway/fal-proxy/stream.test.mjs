// The proxy streams: bodies of any size, piece by piece, readable by the permitted pages.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { once } from "node:events";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { PATIENT } from "../../support/calls.mjs";
import { startFalAi } from "../../support/fal/ai.mjs";
import { forgetPeak, peak, resident, workerds } from "../../support/process.mjs";
import { raw } from "../../support/raw.mjs";
import { stopAll } from "../../support/stop.mjs";
import { ticketed } from "../../support/tickets.mjs";
import { API_TOKEN, startVault } from "../../support/vault.mjs";

const MIB = 1024 * 1024;
const BIG = 200;
/** MiB for workerd's own buffers; a body that was kept would take `BIG`. */
const ALLOWED_GROWTH_MIB = 100;
const PAGE = "https://app.example";
const AUTHORIZED = { authorization: `Bearer ${API_TOKEN}`, connection: "close" };
const RUN = "https://fal.run/fal-ai/big";

let fal, vault, pid;
before(async () => {
  fal = await startFalAi();
  vault = await startVault({ change: fal.change, vars: { ...PATIENT, FAL_KEY: "fal-key-0123456789", CORS_ORIGINS: PAGE } });
  [pid] = workerds();
});
after(() => stopAll(vault, fal));

/** Yields this many MiB, piece by piece. */
function* pieces(count) {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(MIB, n);
}
const hashed = (count) => {
  const hash = createHash("sha256");
  for (const piece of pieces(count)) hash.update(piece);
  return hash.digest("hex");
};

async function send(headers, body) {
  const sent = request(`${vault.url}/fal/proxy`, { method: "POST", agent: false, headers: { ...AUTHORIZED,
    "x-fal-target-url": RUN, ...headers } });
  Readable.from(body).pipe(sent);
  const [answer] = await once(sent, "response");
  return answer;
}

describe("a large body", () => {
  it("is uploaded byte for byte, with its length or without, and not kept in memory", async () => {
    for (const headers of [{ "content-length": BIG * MIB }, {}]) {
      await (await send({}, pieces(1))).resume();
      const before = resident(pid);
      forgetPeak(pid);
      const answer = await send(headers, pieces(BIG));
      await answer.resume();
      const { bytes, sha256 } = fal.seen().at(-1);
      assert.deepEqual([answer.statusCode, bytes, sha256], [200, BIG * MIB, hashed(BIG)]);
      assert.ok(peak(pid) - before < ALLOWED_GROWTH_MIB, `workerd grew by ${peak(pid) - before} MiB`);
    }
  });

  it("is answered byte for byte, and not kept in memory", async () => {
    fal.on(RUN, (response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      Readable.from(pieces(BIG)).pipe(response);
    });
    const before = resident(pid);
    forgetPeak(pid);
    const answer = await send({}, ["{}"]);
    const hash = createHash("sha256");
    for await (const chunk of answer) hash.update(chunk);
    assert.equal(hash.digest("hex"), hashed(BIG));
    assert.ok(peak(pid) - before < ALLOWED_GROWTH_MIB, `workerd grew by ${peak(pid) - before} MiB`);
  });
});

describe("an answer", () => {
  const ask = (target, headers = {}) => fetch(`${vault.url}/fal/proxy`, { method: "POST", body: "{}",
    headers: { ...AUTHORIZED, "x-fal-target-url": target, ...headers } });

  it("comes piece by piece", async () => {
    const target = "https://fal.run/fal-ai/flux/stream";
    let upstream;
    fal.on(target, (response) => {
      upstream = response;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 0\n\n");
    });
    const reader = (await ask(target)).body.getReader();
    const decoder = new TextDecoder();
    // The next piece is sent only when this one has arrived: a buffer on the way would hold it forever.
    for (let n = 0; n < 4; n += 1) {
      const { value } = await reader.read();
      assert.equal(decoder.decode(value), `data: ${n}\n\n`);
      upstream.write(`data: ${n + 1}\n\n`);
    }
    // When a reader leaves, fal learns that too, and can stop.
    const closed = once(upstream, "close");
    await reader.cancel();
    await closed;
  });

  it("is decoded if it was compressed", async () => {
    const [target, text] = ["https://fal.run/fal-ai/zipped", JSON.stringify({ x: "y".repeat(10_000) })];
    fal.on(target, (response) => response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
      .end(gzipSync(text)));
    assert.equal(await (await ask(target, { "accept-encoding": "identity" })).text(), text);
  });

  it("keeps its status and its text, whatever they are", async () => {
    for (const [status, body, type] of [[200, "", "application/json"], [204, "", undefined], [401, '{"detail":"no"}', "application/json"],
      [422, '{"detail":[{"loc":["body"],"msg":"m"}]}', "application/json"], [429, "slow", "text/plain"],
      [500, "<h1>no</h1>", "text/html"], [504, "", undefined]]) {
      const target = `https://fal.run/fal-ai/status-${status}`;
      fal.on(target, (response) => response.writeHead(status, { "retry-after": "7", ...(type && { "content-type": type }) }).end(body));
      const answer = await ask(target);
      assert.deepEqual([answer.status, await answer.text(), answer.headers.get("retry-after")], [status, body, "7"]);
    }
  });

  it("that never comes is a 502 in plain JSON", async () => {
    vault.expectErrors(/passing on to fal\.ai/);
    const target = "https://fal.run/fal-ai/reset";
    fal.on(target, (response) => response.socket.resetAndDestroy());
    const answer = await ask(target);
    const { detail, message } = await answer.json();
    assert.deepEqual([answer.status, detail, message], [502, "fal.ai can't be reached; try again later", detail]);
  });
});

describe("a page", () => {
  const names = "content-type,x-fal-queue-priority,x-fal-target-url";

  it("that is permitted learns so from a preflight", async () => {
    const path = new URL(await ticketed(vault)).pathname;
    for (const method of ["POST", "GET", "PUT"]) {
      const { status, headers } = await raw(vault.url, "OPTIONS", path, { origin: PAGE,
        "access-control-request-method": method, "access-control-request-headers": names });
      assert.equal(status, 204);
      assert.equal(headers["access-control-allow-origin"], PAGE);
      assert.deepEqual(headers["access-control-allow-headers"].split(", "), names.split(","));
      assert.ok(headers["access-control-allow-methods"].split(", ").includes(method));
    }
  });

  it("can read every answer, whatever fal allows, and no other page can", async () => {
    const path = new URL(await ticketed(vault)).pathname;
    const targets = { "https://queue.fal.run/a/b": 200, "https://fal.run/a/b": 200, "https://evil.example/": 400 };
    for (const [origin, allowed] of [[PAGE, PAGE], ["https://evil.example", null]]) {
      for (const [target, status] of Object.entries(targets)) {
        const answer = await fetch(vault.url + path, { method: "POST", body: "{}", headers: { origin, connection: "close",
          "x-fal-target-url": target } });
        assert.equal(answer.status, status, await answer.text());
        assert.equal(answer.headers.get("access-control-allow-origin"), allowed);
        if (allowed) assert.match(answer.headers.get("access-control-expose-headers"), /x-fal-request-id/);
      }
      const refused = await fetch(`${vault.url}/fal/proxy`, { method: "POST", body: "{}", headers: { origin, connection: "close" } });
      assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [401, allowed]);
    }
  });
});
