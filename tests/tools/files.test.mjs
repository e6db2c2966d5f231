// The small S3 server of `npm start`, as the AWS SDK sees it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { signerOf } from "../../tools/storage/signature.mjs";
import { startFiles } from "../../tools/storage/files.mjs";
import { eventually } from "../../tools/workerd/wait.mjs";

const KEY = "outputs/free/437852_0 ä+b (1).mp4";
const BYTES = Buffer.from("0123456789".repeat(20_000));
const MD5 = `"${createHash("md5").update(BYTES).digest("hex")}"`;

/**
 * Returns a client for such a server. It uses path style, as every endpoint outside AWS needs.
 *
 * @param {{ url: string, accessKey: string, secretKey: string }} server
 * @returns {S3Client}
 */
function s3Client({ url, accessKey, secretKey }) {
  return new S3Client({
    endpoint: url,
    region: "auto",
    forcePathStyle: true,
    maxAttempts: 1,
    // A streamed upload cannot be sent again, so it must not meet a kept connection that is just closing.
    requestHandler: { httpAgent: new Agent({ keepAlive: false }) },
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    // The SDK's own checksums would re-frame streamed bodies, and add parameters to presigned URLs.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

let dir;
let server;
let client;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "hookvault-files-"));
  server = await startFiles({ dir });
  client = s3Client(server);
  await put(client);
});

after(async () => {
  client.destroy();
  await server.stop();
  rmSync(dir, { recursive: true });
});

const put = (by, key = KEY, more = {}) => by.send(new PutObjectCommand({ Bucket: server.bucket, Key: key, Body: BYTES, ContentType: "video/mp4", ...more }));
const presign = (options = {}, key = KEY, by = client) =>
  getSignedUrl(by, new GetObjectCommand({ Bucket: server.bucket, Key: key }), { expiresIn: 60, ...options });

async function code(url, init) {
  const answer = await fetch(url, init);
  return [answer.status, /<Code>(\w+)</.exec(await answer.text())?.[1]];
}

test("a stored object is read by a presigned URL, with its type and MD5", async () => {
  const answer = await fetch(await presign());
  assert.equal(answer.status, 200);
  assert.deepEqual(["content-type", "etag", "content-length", "accept-ranges"].map((name) => answer.headers.get(name)),
    ["video/mp4", MD5, String(BYTES.length), "bytes"]);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), BYTES);
});

test("the SDK finds an object, and gets a 404 for a missing one", async () => {
  const head = (Key) => client.send(new HeadObjectCommand({ Bucket: server.bucket, Key }));
  assert.equal((await head(KEY)).ContentLength, BYTES.length);
  await assert.rejects(head("outputs/none"), ({ $metadata }) => $metadata.httpStatusCode === 404);
  assert.deepEqual(await code(await presign({}, "outputs/none")), [404, "NoSuchKey"]);
});

test("it goes on after a restart over the same folder", async () => {
  const again = await startFiles({ dir });
  try {
    const url = await getSignedUrl(s3Client(again), new GetObjectCommand({ Bucket: again.bucket, Key: KEY }));
    assert.equal((await fetch(url)).headers.get("etag"), MD5);
  } finally {
    await again.stop();
  }
});

test("a presigned URL expires to the second", async () => {
  const ago = (seconds) => new Date(Date.now() - seconds * 1_000);
  assert.equal((await code(await presign({ signingDate: ago(50) })))[0], 200);
  assert.deepEqual(await code(await presign({ signingDate: ago(62) })), [403, "AccessDenied"]);
});

test("any change breaks a presigned URL", async () => {
  const url = new URL(await presign());
  const changed = {
    key: (one) => (one.pathname = one.pathname.replace("437852", "437853")),
    ...Object.fromEntries([...url.searchParams.keys()].map((name) => [name, ({ searchParams }) =>
      searchParams.set(name, searchParams.get(name).replace(/\w$/, (last) => (last === "0" ? "1" : "0")))])),
    lifetime: ({ searchParams }) => searchParams.set("X-Amz-Expires", "604801"),
    date: ({ searchParams }) => searchParams.set("X-Amz-Date", "yesterday"),
    "a name to download it by": ({ searchParams }) => searchParams.set("response-content-disposition", "attachment"),
    host: (one) => (one.hostname = "localhost"),
  };
  for (const [what, change] of Object.entries(changed)) {
    const other = new URL(url);
    change(other);
    assert.notEqual(other.href, url.href, what);
    const [status] = await code(other);
    // Without that signature the request counts as unsigned.
    assert.equal(status, 403, what);
  }
  assert.equal((await code(url, { method: "HEAD" }))[0], 403);
  assert.equal((await code(url, { method: "PUT", body: "x" }))[0], 403);
  assert.equal((await code(url, { method: "DELETE" }))[0], 405);
});

test("another key grants no access", async () => {
  const stranger = s3Client({ ...server, secretKey: "another" });
  await assert.rejects(put(stranger), { name: "SignatureDoesNotMatch" });
  assert.deepEqual(await code(await presign({}, KEY, stranger)), [403, "SignatureDoesNotMatch"]);
  assert.deepEqual(await code(`${server.url}/${server.bucket}/x`), [403, "AccessDenied"]);
  stranger.destroy();
});

test("ranges are served", async () => {
  const get = async (range) => {
    const answer = await fetch(await presign(), { headers: { range } });
    return [answer.status, answer.headers.get("content-range"), (await answer.text()).slice(0, 40)];
  };
  const size = BYTES.length;
  assert.deepEqual(await get("bytes=2-5"), [206, `bytes 2-5/${size}`, "2345"]);
  assert.deepEqual(await get("bytes=-3"), [206, `bytes ${size - 3}-${size - 1}/${size}`, "789"]);
  assert.deepEqual(await get(`bytes=${size - 1}-${size + 9}`), [206, `bytes ${size - 1}-${size - 1}/${size}`, "9"]);
  assert.equal((await get("bytes=1-2,4-5"))[0], 200);
  assert.deepEqual((await get(`bytes=${size}-`)).slice(0, 2), [416, `bytes */${size}`]);
});

test("an empty object is served", async () => {
  await put(client, "outputs/empty", { Body: "" });
  const answer = await fetch(await presign({}, "outputs/empty"));
  assert.deepEqual([answer.status, await answer.text()], [200, ""]);
});

test("no key leads out of the bucket", async () => {
  const [host, path] = [`127.0.0.1:${server.port}`, `/${server.bucket}/..%2F..%2F${readdirSync(dir)[0]}`];
  const { url } = await signerOf(server)({ url: `http://${host}${path}`, signQuery: true }).sign();
  assert.deepEqual(await code(url), [400, "InvalidArgument"]);
});

test("an upload that is cut leaves nothing", async () => {
  const signed = new Promise((resolve) => client.middlewareStack.add((next) => (args) => {
    if (args.request.path?.includes("cut")) resolve(args.request);
    return next(args);
  }, { step: "finalizeRequest", priority: "low", name: "look", override: true }));
  const sent = put(client, "outputs/cut").catch(() => {});
  const { headers, path, query } = await signed;
  await sent;
  rmSync(join(dir, server.bucket, "outputs/cut"));
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const socket = connect(server.port, "127.0.0.1", () => {
    socket.write(`PUT ${path}?${new URLSearchParams(query)} HTTP/1.1\r\n${head}\r\n${"x".repeat(1_000)}`);
  });
  const isComing = () => readdirSync(dir).some((name) => name.startsWith(".coming"));
  await eventually("it comes", () => isComing() || undefined);
  socket.destroy();
  await eventually("nothing is left of it", () => !isComing() || undefined);
  assert.deepEqual(await code(await presign({}, "outputs/cut")), [404, "NoSuchKey"]);
});
