// Which web pages may read responses, and what OPTIONS says about every route.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { acquired } from "../support/deliveries.mjs";
import { file, noise } from "../support/servers/origin.mjs";
import { raw } from "../support/raw.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";
import { startServed } from "../support/vaults/served.mjs";

const PAGE = "https://app.example";
const OTHER = "http://localhost:5173";
const EXPOSED = ["content-range", "content-length", "etag", "last-modified", "accept-ranges",
  "content-disposition", "retry-after", "location", "x-hookvault-job", "x-hookvault-file",
  "x-hookvault-source",
  "x-fal-request-id"];
const READ = "GET, HEAD, OPTIONS";
const JOB = "GET, HEAD, DELETE, OPTIONS";
const POST = "POST, OPTIONS";
const NONCE = "0".repeat(32);

/** Every route, and its methods. */
const ROUTES = {
  "/healthz": READ,
  "/jobs": "GET, HEAD, POST, OPTIONS",
  "/jobs/7": JOB,
  "/jobs/ref:order-7": JOB,
  "/jobs/a%20b": JOB,
  "/jobs/7/result": READ,
  "/jobs/7/events": READ,
  "/jobs/7/events/1/body": READ,
  [`/files/7/${NONCE}/0`]: READ,
  [`/files/7/${NONCE}/0-a.mp4`]: READ,
  "/archive": POST,
  "/metrics": READ,
  "/jobs/7/archive": POST,
  "/jobs/7/links": POST,
  "/export": READ,
  "/live": READ,
  "/refused": READ,
  "/restore": POST,
  "/stats": READ,
  "/tickets": POST,
  "/whoami": READ,
  "/unmatched": READ,
  "/unmatched/key": "GET, HEAD, POST, DELETE, OPTIONS",
  "/hook": POST,
  [`/hook/${HOOK_TOKEN}`]: POST,
  "/hook/wrong/order-7": POST,
};
const UNKNOWN = ["/nope", "/files/7/nonce/0", "/jobs/7/nope", "/healthz/x"];
const cors = (headers) =>
  Object.keys(headers).filter((name) => name.startsWith("access-control-") || name === "vary");

describe("OPTIONS", () => {
  let vault;
  before(async () => (vault = await startVault()));
  after(() => vault?.stop());

  test("lists the methods of every route, without a token", async () => {
    for (const [path, allow] of Object.entries(ROUTES)) {
      for (const origin of [{}, { origin: PAGE, "access-control-request-method": "GET" }]) {
        const { status, headers, text } = await raw(vault.url, "OPTIONS", path, origin);
        assert.deepEqual([status, headers.allow, text], [204, allow, ""], path);
        assert.deepEqual(cors(headers), [], "no page was let in");
      }
    }
  });

  test("lists the methods that a route really has", async () => {
    const named = Object.entries(ROUTES).filter(([path]) => !path.includes("%"));
    for (const [path, allow] of named) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        const { status, headers } = await raw(vault.url, method, path);
        const known = allow.split(", ").includes(method);
        assert.equal(status !== 405, known, `${method} ${path}`);
        if (!known) assert.equal(headers.allow, allow);
      }
    }
  });

  test("knows no other route", async () => {
    for (const path of UNKNOWN) {
      assert.equal((await raw(vault.url, "OPTIONS", path)).status, 404, path);
    }
  });
});

for (const [list, allowed] of [[`${PAGE}, ${OTHER}/`, undefined], ["*", "*"]]) {
  describe(`with CORS_ORIGINS of ${list}`, () => {
    let origin, vault;
    let url;
    before(async () => {
      ({ origin, vault } = await startServed({ vars: { CORS_ORIGINS: list } }));
      await vault.deliver(acquired("7"));
      origin.on("/a.mp4", file(noise(1_000)));
      await vault.deliver({ eventType: "completed", jobId: "8", url: `${origin.url}/a.mp4` });
      url = new URL((await vault.settled("8")).files[0].url).pathname;
    });
    after(() => stopAll(vault, origin));

    const ask = (path, page, { method = "GET", token = API_TOKEN, headers = {} } = {}) =>
      raw(vault.url, method, path, { ...headers, ...(page ? { origin: page } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}) });

    const isReadable = ({ headers }, page) => {
      assert.equal(headers["access-control-allow-origin"], allowed ?? page);
      assert.deepEqual(headers["access-control-expose-headers"].split(", "), EXPOSED);
      assert.equal(headers.vary, allowed ? undefined : "Origin");
      assert.equal(headers["access-control-allow-credentials"], undefined);
    };

    test("a permitted page can read every answer, also failures", async () => {
      const answers = [["/jobs/7", 200], ["/jobs", 200], ["/jobs/7/result", 202], ["/jobs/9", 404],
        ["/nope", 404], ["/healthz", 200], ["/jobs?limit=0", 400], [url, 200],
        [`${url}?download`, 200], [url.replace(/[0-9a-f]{32}/, NONCE), 404]];
      for (const page of [PAGE, OTHER]) {
        for (const [path, status] of answers) {
          const answer = await ask(path, page);
          assert.equal(answer.status, status, path);
          isReadable(answer, page);
        }
        isReadable(await ask("/jobs/7", page, { token: "wrong" }), page);
        isReadable(await ask("/jobs/7", page, { method: "PUT" }), page);
        const part = await ask(url, page, { headers: { range: "bytes=5-6" } });
        assert.equal(part.status, 206);
        isReadable(part, page);
        isReadable(await ask(url, page, { headers: { range: "bytes=5000-" } }), page);
        const known = await ask(url, page, { headers: { "if-none-match": part.headers.etag } });
        assert.equal(known.status, 304);
        isReadable(known, page);
      }
    });

    test("no other page is permitted", async () => {
      const strangers = ["https://app.example.evil", "https://evil.example", "http://app.example",
        "https://app.example:8443", "null", undefined];
      for (const page of strangers) {
        for (const path of ["/jobs/7", url]) {
          const { status, headers } = await ask(path, page);
          assert.equal(status, 200);
          const want = allowed ? ["access-control-allow-origin", "access-control-expose-headers"] : ["vary"];
          assert.deepEqual(cors(headers).sort(), want, `${page}`);
        }
      }
    });

    test("a preflight gets what its route allows", async () => {
      const wanted = "authorization,content-type,x-fal-queue-priority";
      const headers = { "access-control-request-method": "POST",
        "access-control-request-headers": wanted };
      for (const [path, allow] of Object.entries(ROUTES)) {
        const answer = await ask(path, PAGE, { method: "OPTIONS", token: null, headers });
        assert.deepEqual([answer.status, answer.headers.allow], [204, allow], path);
        isReadable(answer, PAGE);
        assert.equal(answer.headers["access-control-allow-methods"], allow);
        assert.equal(answer.headers["access-control-allow-headers"], wanted.replaceAll(",", ", "));
        assert.match(answer.headers["access-control-max-age"], /^[1-9]\d+$/);
      }
      for (const path of UNKNOWN) {
        const answer = await ask(path, PAGE, { method: "OPTIONS", token: null, headers });
        assert.equal(answer.status, 404, path);
      }
      if (allowed) return;
      const stranger = await ask("/jobs/7", "https://evil.example", { method: "OPTIONS", headers });
      assert.deepEqual([stranger.status, cors(stranger.headers)], [204, ["vary"]]);
    });
  });
}

test("an invalid entry of CORS_ORIGINS is named, and the others count", async (context) => {
  const vault = await startVault({ vars: { CORS_ORIGINS: `app.example, ${PAGE}` } });
  context.after(() => vault.stop());
  vault.expectErrors(/CORS_ORIGINS: "app\.example" is not like https:\/\/app\.example/);
  const { status, headers } = await raw(vault.url, "GET", "/healthz", { origin: PAGE });
  assert.deepEqual([status, headers["access-control-allow-origin"]], [200, PAGE]);
});
