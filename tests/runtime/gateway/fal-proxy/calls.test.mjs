// What fal's own clients call beside the queue passes the proxy, and nothing else of that host does. The clients run
// here: a newer one that calls something else makes this fail.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { PATIENT } from "../../support/calls.mjs";
import { falJs } from "../../support/programs/clients.mjs";
import { startFalAi } from "../../support/fal/ai.mjs";
import { python } from "../../support/programs/python.mjs";
import { stopAll } from "../../support/stop.mjs";
import { ticketed } from "../../support/tickets.mjs";
import { lacking } from "../../support/programs/tools.mjs";
import { API_TOKEN, startVault } from "../../support/vault.mjs";

const FAL_KEY = "fal-key-0123456789";
const REST = "https://rest.fal.ai";
const MIB = 1024 * 1024;
const FILE = "https://v3.fal.media/files/in.mp4";
const LISTED = readFileSync(new URL("../../../../src/domain/gateway/rest.txt", import.meta.url), "utf8").trim().split("\n");
/** What each client has called at `rest.fal.ai`, by the client's name. */
const called = { js: new Set(), python: new Set() };

let fal, vault;
before(async () => {
  fal = await startFalAi();
  vault = await startVault({ change: fal.change, vars: { ...PATIENT, FAL_KEY } });
  const says = (path, value) => fal.on(REST + path, (response, request, { headers }) => {
    assert.equal(headers.authorization, `Key ${FAL_KEY}`);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  });
  const upload = { upload_url: "https://v3.fal.media/put?sig=1", file_url: FILE };
  for (const end of ["initiate", "initiate-multipart"]) says(`/storage/upload/${end}`, upload);
  says("/storage/auth/token", { token: "t", token_type: "Bearer", base_url: "https://v3.fal.media",
    expires_at: "2999-01-01T00:00:00+00:00" });
  says("/tokens/", "jwt");
});
after(() => stopAll(vault, fal));

/** Notes and returns the requests to `rest.fal.ai` since the last call. */
function note(client) {
  const seen = fal.seen().filter(({ url }) => url.origin === REST);
  for (const { method, url } of seen) called[client].add(`${method} ${url.pathname}${url.search}`);
  return seen;
}

describe("fal's client for JavaScript", () => {
  /** Makes a client behind a proxy. What it sends elsewhere is noted and answered. */
  function client(proxy) {
    const elsewhere = [];
    const own = async (target, init) => {
      if (String(target).startsWith(vault.url)) return fetch(target, init);
      elsewhere.push(`${init.method} ${target}`);
      return Response.json({ partNumber: elsewhere.length, etag: "e" });
    };
    return { elsewhere, js: falJs({ proxy, more: { fetch: own, retry: { maxRetries: 0 } } }) };
  }

  it("uploads 1 MiB, and 91 MiB in parts", async () => {
    const { js, elsewhere } = client(await ticketed(vault, { apps: ["fal-ai/flux"], count: 1 }));
    assert.deepEqual(Object.keys(js.storage), ["upload", "transformInput"]);
    const file = (mib) => new Blob([Buffer.alloc(mib * MIB)], { type: "video/mp4" });
    const lifecycle = { expiresIn: "1d", initialAcl: { default: "hide" } };
    assert.equal(await js.storage.upload(file(1)), FILE);
    assert.deepEqual(await js.storage.transformInput({ a: [file(1)], b: 1 }), { a: [FILE], b: 1 });
    assert.deepEqual(elsewhere.splice(0), Array(2).fill("PUT https://v3.fal.media/put?sig=1"));
    note("js");
    for (const mib of [1, 91]) {
      assert.equal(await js.storage.upload(file(mib), { lifecycle }), FILE);
      const [{ headers }] = note("js");
      assert.deepEqual(JSON.parse(headers["x-fal-object-lifecycle"]),
        { expiration_duration_seconds: 86_400, initial_acl: { default: "hide" } });
    }
    assert.deepEqual(elsewhere.slice(1), [...Array.from({ length: 10 }, (_, n) => `PUT https://v3.fal.media/put/${n + 1}?sig=1`),
      "POST https://v3.fal.media/put/complete?sig=1"]);
  });

  it("gets a token to stream from an application itself", async () => {
    const { js, elsewhere } = client(await ticketed(vault, { apps: ["fal-ai/flux"], count: 1 }));
    const stream = await js.stream("fal-ai/flux", { input: {}, connectionMode: "client" });
    await stream.done();
    assert.deepEqual(elsewhere, ["POST https://fal.run/fal-ai/flux/stream?fal_jwt_token=jwt"]);
    const [{ text }] = note("js");
    assert.equal(text, '{"allowed_apps":["flux"],"token_expiration":120}');
  });

  it("gets a token to talk to an application in real time", { timeout: 30_000 }, async (context) => {
    const { js } = client(await ticketed(vault, { apps: ["fal-ai/flux"], count: 1 }));
    const original = globalThis.WebSocket;
    context.after(() => (globalThis.WebSocket = original));
    let connection;
    const opened = await new Promise((resolve, reject) => {
      globalThis.WebSocket = class {
        static OPEN = 1;
        readyState = 1;
        constructor(url) {
          setImmediate(() => { this.onopen(); resolve(url); });
        }
        send() {}
        close() {}
      };
      connection = js.realtime.connect("fal-ai/flux", { onResult: () => {}, onError: reject, throttleInterval: 0 });
      connection.send({ prompt: "x" });
    });
    // Otherwise the client would ask for new tokens forever.
    connection.close();
    assert.equal(opened, "wss://fal.run/fal-ai/flux/realtime?fal_jwt_token=jwt");
    note("js");
  });
});

describe("fal's client for Python", { skip: lacking("python3 with venv") }, () => {
  // The client knows no proxy. Its requests to that host are redirected to it, and those to the files' host are
  // answered here.
  const LED = `
import fal_client, httpx, json, os, tempfile
from fal_client import client as own
def led(request):
    if request.url.host != "rest.fal.ai":
        url = str(request.url)
        return httpx.Response(200, headers={"etag": "e"}, json={"access_url": url, "uploadId": "u", "file_url": url}, request=request)
    headers = {"authorization": "Bearer " + os.environ["API_TOKEN"], "x-fal-target-url": str(request.url)}
    headers.update({n: v for n, v in request.headers.items() if n.startswith("x-fal-") or n == "content-type"})
    answer = real.request(request.method, os.environ["PROXY"], headers=headers, content=request.content)
    return httpx.Response(answer.status_code, json=answer.json(), request=request)
class Led(httpx.BaseTransport):
    def __init__(self, *_, **__): pass
    def handle_request(self, request):
        request.read()
        return led(request)
real = httpx.Client(transport=httpx.HTTPTransport())
httpx.HTTPTransport = Led
httpx._client.HTTPTransport = Led
settings = own.StorageSettings(expires_in="1h")
class Closed(Exception): pass
def closed(url, **_):
    raise Closed(url)
own._connect_sync_ws = closed
`;
  const run = async (script) => {
    const env = { API_TOKEN, PROXY: `${vault.url}/fal/proxy`, FAL_KEY: "k", NO_PROXY: "*" };
    const { code, stdout, stderr } = await python(LED + script, { env });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  it("uploads to the CDN, and to the storage if that fails", async () => {
    const told = await run(`
small = fal_client.upload(b"x" * 1024, "video/mp4", lifecycle=settings)
large = fal_client.upload(bytes(101 * 1024 * 1024), "video/mp4", lifecycle=settings)
stored = [fal_client.upload(b"x", "video/mp4", repository=name) for name in ("fal", "cdn")]
print(json.dumps([small, large, stored]))`);
    assert.match(told[0], /^https:\/\/v3\.fal\.media\/files\/upload/);
    assert.match(told[1], /^https:\/\/v3\.fal\.media\/files\/upload\/multipart/);
    assert.equal(told[2][0], FILE);
    note("python");
  });

  it("gets a token to talk to an application in real time", async () => {
    const told = await run(`
urls = []
for way in (fal_client.realtime, fal_client.ws_connect):
    try:
        with way("fal-ai/flux"): pass
    except Closed as at: urls.append(str(at))
print(json.dumps(urls))`);
    for (const url of told) assert.match(url, /^wss:\/\/fal\.run\/fal-ai\/flux.*fal_jwt_token=jwt/);
    note("python");
  });

  it("calls only what the proxy admits, and the proxy admits only what a client calls", () => {
    const all = [...called.js, ...called.python];
    assert.deepEqual([...new Set(all)].sort(), LISTED.map((line) => `POST ${line}`).sort());
  });
});

describe("what no client calls", () => {
  const ask = async (target, method = "POST") => (await fetch(`${vault.url}/fal/proxy`, { method, ...(method === "POST" && { body: "{}" }),
    headers: { authorization: `Bearer ${API_TOKEN}`, "x-fal-target-url": target, connection: "close" } })).status;

  it("is refused, whatever it resembles", async () => {
    fal.seen();
    for (const path of ["/storage/upload/complete-multipart?storage_type=fal-cdn-v3", "/storage/upload/initiate",
      "/storage/upload/initiate?storage_type=other", "/storage/upload/initiate-multipart?storage_type=gcs", "/tokens",
      "/tokens/realtime", "/tokens/?x=1", "/tokens//", "/tokens/../keys", "/tokens/%2e%2e/keys", "/tokens%2F", "/keys", "/billing",
      "/storage/auth/token", "/storage/auth/token?storage_type=gcs", "/storage/settings", "/", "", "/users/me"]) {
      assert.equal(await ask(REST + path), 400, path);
    }
    for (const line of LISTED) {
      for (const method of ["GET", "PUT", "DELETE", "PATCH"]) assert.equal(await ask(REST + line, method), 405, line);
    }
    assert.deepEqual(fal.seen(), []);
  });
});
