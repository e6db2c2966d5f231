// Durable links of files that are still at their source: read through, or not ready.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { problem } from "../support/answers.mjs";
import { digest } from "../support/bytes.mjs";
import { chunked, cut, file, noise, partial, PNG, presigned, ranged, redirect, reset, SIGNATURE,
  startOrigin, status } from "../support/servers/origin.mjs";
import { freePort } from "../support/process.mjs";
import { stopAll } from "../support/stop.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const BYTES = noise(100_000);
const SIZE = BYTES.length;
const MAX_FILE_BYTES = 200_000;
/** Keeps a second try to copy away while the tests run: the first pause is a minute. */
const SLOWLY = { RETRY_BASE_MS: "60000", MAX_FILE_BYTES: String(MAX_FILE_BYTES) };
/** Headers that a source may send and a client must not get. */
const FOREIGN = { "set-cookie": "a=b", "etag": '"theirs"', "cache-control": "public, max-age=9",
  "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT", "x-amz-request-id": "7",
  "content-disposition": 'attachment; filename="x.exe"', "access-control-allow-origin": "*",
  "link": "<https://elsewhere.example/>", "content-security-policy": "default-src *" };

/** Works like `ranged`, for every kind of range. Without a range it sends the whole file, and accepts ranges. */
const source = (bytes, headers = { "content-type": "video/mp4" }) => (response, { headers: sent }) => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(sent.range ?? "") ?? [];
  if (first === undefined) return file(bytes, { "accept-ranges": "bytes", ...headers })(response);
  const from = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const to = first === "" || last === "" ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1);
  if (from > to) {
    return status(416, { "content-range": `bytes */${bytes.length}`, ...headers })(response);
  }
  response.writeHead(206, { ...headers, "content-length": to - from + 1,
    "content-range": `bytes ${from}-${to}/${bytes.length}` });
  response.end(bytes.subarray(from, to + 1));
};

/**
 * Sends a body that drips without end; `closed` waits for the end of its connection. workerd notices that a client has
 * left only when it has the next bytes for it.
 */
function endless() {
  let isClosed = false;
  const step = (response) => {
    response.writeHead(200, { "content-type": "video/mp4", "content-length": SIZE });
    response.write(BYTES.subarray(0, 1_000));
    const drip = setInterval(() => response.write("x"), 50);
    response.on("close", () => {
      clearInterval(drip);
      isClosed = true;
    });
  };
  const closed = () =>
    eventually("the source is left alone", () => isClosed || undefined, { limitMs: 20_000 });
  return { step, closed };
}

describe("a file that is still at its source", () => {
  let origin;
  let elsewhere;
  let vault;
  let jobs = 0;
  before(async () => {
    origin = await startOrigin();
    elsewhere = await startOrigin();
    vault = await startVault({ sources: origin.url, vars: SLOWLY });
    vault.leaveWork();
  });
  after(() => stopAll(vault, origin, elsewhere));

  /** Returns the record of a job whose first try to copy its file has failed; then the source answers with `steps`. */
  async function pending(steps, { name = "a.mp4", vault: at = vault } = {}) {
    const [id, path] = [`live-${(jobs += 1)}`, `/${jobs}/${encodeURIComponent(name)}`];
    origin.on(path, status(503), ...steps);
    const url = `${origin.url}${path}${presigned()}`;
    await at.deliver({ eventType: "completed", jobId: id, video: { url } });
    const job = await eventually("the first try has failed", async () => {
      const known = await at.job(id);
      return known.files[0].attempts > 0 ? known : undefined;
    });
    assert.equal(job.files[0].state, "pending");
    const { url: long } = job.files[0];
    return { id, long, short: long.replace(/-[^-/]+$/, ""), path, url };
  }
  const told = (response) => Object.fromEntries(
    [...response.headers].filter(([name]) => !["date", "connection", "keep-alive"].includes(name)));

  test("comes through both links, with its own headers", async () => {
    const { long, short } = await pending([source(BYTES, { "content-type": "video/mp4", ...FOREIGN })]);
    for (const url of [long, short]) {
      const response = await fetch(url);
      assert.equal(response.status, 200);
      assert.deepEqual(told(response), {
        "content-type": "video/mp4",
        "content-length": String(SIZE),
        "content-disposition": 'inline; filename="a.mp4"',
        "cache-control": "no-store, no-transform",
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
      });
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES));
      const head = await fetch(url, { method: "HEAD", headers: { range: "bytes=5-6" } });
      assert.deepEqual([head.status, told(head)], [200, told(response)]);
    }
    const saved = await fetch(`${short}?download`, { method: "HEAD" });
    assert.equal(saved.headers.get("content-disposition"), 'attachment; filename="a.mp4"');
  });

  test("is asked for without the client's headers", async () => {
    const { long, path } = await pending([source(BYTES)]);
    const headers = { "cookie": "a=b", "authorization": "Bearer x", "accept-encoding": "br",
      "x-mine": "1", "if-none-match": '"x"', "range": "bytes = 3-4" };
    assert.equal((await fetch(long, { headers })).status, 206);
    const { headers: sent } = origin.requests(path).at(-1);
    assert.deepEqual([sent.range, sent["accept-encoding"]], ["bytes=3-4", "identity"]);
    for (const name of ["cookie", "authorization", "x-mine", "if-none-match"]) {
      assert.equal(sent[name], undefined, name);
    }
  });

  test("is served in part", async () => {
    const { long } = await pending([source(BYTES)]);
    const parts = { "bytes=0-0": [0, 0], "bytes=100-199": [100, 199], "bytes=-500": [SIZE - 500, SIZE - 1],
      "bytes=99990-": [99_990, SIZE - 1], "bytes=0-99999999999999999999": [0, SIZE - 1],
      "bytes=-1000000": [0, SIZE - 1] };
    for (const [range, [first, last]] of Object.entries(parts)) {
      const response = await fetch(long, { headers: { range } });
      assert.equal(response.status, 206, range);
      assert.equal(response.headers.get("content-range"), `bytes ${first}-${last}/${SIZE}`);
      assert.equal(response.headers.get("content-length"), String(last - first + 1));
      assert.equal(response.headers.get("cache-control"), "no-store, no-transform");
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES.subarray(first, last + 1)));
    }
    for (const range of [`bytes=${SIZE}-`, "bytes=-0", "bytes=9999999999999999-"]) {
      const response = await fetch(long, { headers: { range } });
      assert.equal(response.headers.get("content-range"), `bytes */${SIZE}`, range);
      await problem(response, 416);
    }
  });

  const whole = [{ range: "bytes=0-1,5-6" }, { range: "bytes=x" }, { "if-none-match": "*" },
    { "if-match": '"x"' }, { "if-modified-since": "Sat, 27 Dec 2098 22:39:35 GMT" },
    { "range": "bytes=5-6", "if-range": '"x"' },
    { "range": "bytes=5-6", "if-range": "Wed, 21 Oct 2015 07:28:00 GMT" }];
  for (const headers of whole) {
    test(`is served whole for ${JSON.stringify(headers)}`, async () => {
      const { long } = await pending([source(BYTES, { "content-type": "video/mp4", ...FOREIGN })]);
      const response = await fetch(long, { headers });
      assert.deepEqual([response.status, response.headers.get("content-range")], [200, null]);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES));
    });
  }

  test("is served whole from a source that knows no ranges, and never beyond its end", async () => {
    const { long } = await pending([file(BYTES)]);
    const response = await fetch(long, { headers: { range: "bytes=5-6" } });
    assert.deepEqual([response.status, response.headers.get("accept-ranges")], [200, null]);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES));
    const beyond = await fetch(long, { headers: { range: `bytes=${SIZE}-` } });
    assert.equal(beyond.headers.get("content-range"), `bytes */${SIZE}`);
    await problem(beyond, 416);
  });

  test("has its size in a 416, even if the source does not say it", async () => {
    const { long } = await pending([status(416), file(BYTES)]);
    const beyond = await fetch(long, { headers: { range: `bytes=${SIZE}-` } });
    assert.equal(beyond.headers.get("content-range"), `bytes */${SIZE}`);
    await problem(beyond, 416);
  });

  test("comes from a source that declares no length", async () => {
    const { long } = await pending([chunked(BYTES)]);
    const response = await fetch(long);
    assert.deepEqual([response.status, response.headers.get("content-length")], [200, null]);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(BYTES));
  });

  const types = {
    "vague, and known by its bytes": [PNG, "application/octet-stream", "a", "image/png", /^inline/],
    "vague, and known by its name": [BYTES, "binary/octet-stream", "a.webm", "video/webm", /^inline/],
    "one that can run script": [BYTES, "text/html", "a.html", "text/html", /^attachment/],
    "none": [BYTES, "a\tb, text/html", "a", "application/octet-stream", /^inline/],
  };
  for (const [what, [bytes, sent, name, type, disposition]] of Object.entries(types)) {
    test(`whose type is ${what}`, async () => {
      const { long } = await pending([source(bytes, { "content-type": sent })], { name });
      const response = await fetch(long);
      assert.equal(response.headers.get("content-type"), type);
      assert.match(response.headers.get("content-disposition"), disposition);
      const csp = type === "text/html" ? "sandbox; default-src 'none'" : null;
      assert.equal(response.headers.get("content-security-policy"), csp);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
    });
  }

  test("is followed through redirects, with each hop checked", async () => {
    origin.on("/moved.mp4", source(BYTES));
    const { long } = await pending([redirect("/moved.mp4")]);
    assert.equal((await digest(long, { headers: { range: "bytes=0-9" } })).size, 10);
    assert.equal((await digest(long)).sha256, sha256(BYTES));
    const astray = await pending([redirect(`${elsewhere.url}/a.mp4`)]);
    assert.match(await problem(await fetch(astray.long), 503), /redirect: port not allowed/);
    assert.equal(elsewhere.requestsMade().length, 0);
    const loop = await pending([redirect("/loop.mp4")]);
    origin.on("/loop.mp4", redirect("/loop.mp4"));
    assert.match(await problem(await fetch(loop.long), 503), /redirects more than 3 times/);
  });

  const failures = {
    "is dead": status(403),
    "is gone": status(404),
    "fails": status(500),
    "hangs up": reset,
    "answers without a file": status(204),
    "sends a part that nobody asked for": partial(BYTES),
    "announces too many bytes": (response) => {
      response.writeHead(200, { "content-length": MAX_FILE_BYTES + 1 });
      response.write("x");
    },
    "sends another part": (response) => {
      response.writeHead(206, { "content-length": 2, "content-range": `bytes 6-7/${SIZE}` });
      response.end("xx");
    },
  };
  for (const [what, step] of Object.entries(failures)) {
    test(`is not ready when the source ${what}`, async () => {
      const { long, short } = await pending([step]);
      const range = what.endsWith("another part") ? { range: "bytes=5-6" } : {};
      for (const url of [long, short]) {
        const response = await fetch(url, { headers: range });
        // The next try to copy the file is a minute away.
        const wait = Number(response.headers.get("retry-after"));
        assert.ok(wait > 30 && wait <= 60, `${wait}`);
        const text = `${JSON.stringify([...response.headers])} ${await response.clone().text()}`;
        assert.ok(!text.includes(SIGNATURE) && !text.includes(origin.url), text);
        await problem(response, 503);
        const head = await fetch(url, { method: "HEAD" });
        if (what.endsWith("another part")) continue;
        assert.deepEqual([head.status, Number(head.headers.get("retry-after")) > 30], [503, true]);
      }
    });
  }

  test("never looks whole when its source breaks off", async () => {
    const { long } = await pending([cut(BYTES)]);
    await assert.rejects(digest(long));
  });

  test("leaves its source alone when the client goes", async () => {
    const { step, closed } = endless();
    const { long } = await pending([step]);
    const sent = request(long, { agent: false }).end();
    const [response] = await once(sent, "response");
    await once(response, "data");
    sent.on("error", () => {});
    sent.destroy();
    await closed();
  });

  test("closes its source's connection after a HEAD", async () => {
    const { step, closed } = endless();
    const { long } = await pending([step]);
    const head = await fetch(long, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(SIZE)]);
    await closed();
  });

  test("has its name as it was written", async () => {
    const { long } = await pending([source(BYTES)], { name: "größe 1.mp4" });
    const { headers } = await fetch(long, { method: "HEAD" });
    assert.match(long, /\/0-gr__e_1\.mp4$/);
    assert.equal(headers.get("content-disposition"),
      `inline; filename="gr__e_1.mp4"; filename*=UTF-8''gr%C3%B6%C3%9Fe%201.mp4`);
  });

  test("is opened by its own link only", async () => {
    const { long, short, path } = await pending([source(BYTES)]);
    const before = origin.requests(path).length;
    const wrong = long.replace(/[0-9a-f]{32}/, "0".repeat(32));
    for (const url of [wrong, wrong.replace("-a.mp4", ""), long.replace("0-a.mp4", "0-b.mp4"),
      short.replace(/0$/, "1")]) {
      await problem(await fetch(url), 404);
    }
    assert.equal(origin.requests(path).length, before);
  });

  test("continues from the bucket where a client was cut off", async () => {
    const { id, long, path } = await pending([source(BYTES)]);
    const early = await fetch(long, { headers: { range: "bytes=0-999" } });
    const first = Buffer.from(await early.arrayBuffer());
    // A fresh URL starts the copy again.
    const url = `${origin.url}${path}${presigned({ signature: "5ec7e7f4e54" })}`;
    await vault.deliver({ eventType: "completed", jobId: id, video: { url } });
    assert.equal((await vault.settled(id)).archive, "stored");
    const late = await fetch(long, { headers: { range: "bytes=1000-" } });
    assert.deepEqual([late.status, late.headers.get("etag") !== null], [206, true]);
    assert.ok(Buffer.concat([first, Buffer.from(await late.arrayBuffer())]).equals(BYTES));
    assert.equal(late.headers.get("cache-control"), "public, max-age=86400, no-transform");
  });

  test("and no log shows its URL", () => {
    const log = JSON.stringify(vault.logs);
    assert.ok(!log.includes(SIGNATURE) && !log.includes("X-Amz-"), log);
  });
});

test("a file that waits to be decoded is not ready", async (context) => {
  let bucket = false;
  const port = await freePort();
  const change = ({ r2Buckets, ...options }) => ({ ...options, port, ...(bucket ? { r2Buckets } : {}) });
  const vault = await startVault({ vars: SLOWLY, change });
  context.after(() => vault.stop());
  vault.leaveWork();
  vault.expectErrors(/FILES/);
  const data_uri = `data:image/png;base64,${PNG.toString("base64")}`;
  await vault.deliver({ eventType: "completed", jobId: "inline", image: { data_uri } });
  const { files: [{ url }] } = await eventually("the first try has failed", async () => {
    const job = await vault.job("inline");
    return job.files[0].attempts > 0 ? job : undefined;
  });
  bucket = true;
  await vault.restart();
  for (const method of ["GET", "HEAD"]) {
    const response = await fetch(url, { method });
    assert.equal(response.status, 503);
    assert.match(response.headers.get("retry-after"), /^[1-9]\d*$/);
  }
});

test("a silent source is not waited for without end", async (context) => {
  const origin = await startOrigin();
  const vault = await startVault({ sources: origin.url });
  context.after(() => stopAll(vault, origin));
  vault.leaveWork();
  origin.on("/a.mp4", () => {});
  await vault.deliver({ eventType: "completed", jobId: "mute", url: `${origin.url}/a.mp4` });
  const { files: [{ url }] } = await vault.job("mute");
  assert.match(await problem(await fetch(url), 503), /does not answer/);
  origin.on("/a.mp4", file(BYTES));
});

test("with ranges of a simple source, the copy and its readers agree", async (context) => {
  const origin = await startOrigin();
  const vault = await startVault({ sources: origin.url });
  context.after(() => stopAll(vault, origin));
  origin.on("/a.mp4", ranged(BYTES, { "content-type": "video/mp4" }));
  await vault.deliver({ eventType: "completed", jobId: "both", url: `${origin.url}/a.mp4` });
  const { files: [{ url }] } = await vault.job("both");
  // From the first second on, the bytes are these, wherever they come from.
  const range = "bytes=1000-1999";
  for (const init of [{}, { headers: { range } }, {}, { headers: { range } }]) {
    const want = init.headers ? BYTES.subarray(1_000, 2_000) : BYTES;
    assert.equal((await digest(url, init)).sha256, sha256(want));
  }
  assert.equal((await vault.settled("both")).archive, "stored");
});
