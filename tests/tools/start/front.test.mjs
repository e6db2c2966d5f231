// The proxy before the runtime: what it passes on unchanged, and what waits.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket, { WebSocketServer } from "ws";
import { freePort } from "../../../tools/ports.mjs";
import { Front } from "../../../tools/start/front.mjs";
import { eventually } from "../../../tools/workerd/wait.mjs";

let behind;
let answer;
let front;
let url;
let told = [];

before(async () => {
  behind = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
  await once(behind, "listening");
  const sockets = new WebSocketServer({ noServer: true });
  behind.on("upgrade", (request, socket, head) => {
    if (request.url === "/early") return echoEarly(socket, head);
    if (request.url === "/no") return socket.end("HTTP/1.1 401 Unauthorized\r\nx-why: no token\r\ncontent-length: 0\r\n\r\n");
    sockets.handleUpgrade(request, socket, head, (peer) => peer.on("message", (data) => peer.send(`${request.headers.host} ${data}`)));
  });
  front = new Front((line) => told.push(line));
  front.to = behind.address().port;
  const port = await freePort();
  await front.listen(port);
  url = `http://127.0.0.1:${port}`;
});

beforeEach(() => (told = []));

/** Answers with headers and first bytes in one piece, and then sends back what arrives. */
function echoEarly(socket, head) {
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nfirst,${head}`);
  socket.pipe(socket);
}

after(() => {
  front.stop();
  behind.closeAllConnections();
  behind.close();
});

test("a request and its response pass unchanged, in both directions at once", async () => {
  const seen = [];
  answer = async (request, response) => {
    seen.push([request.method, request.url, request.headers.host, request.headers["x-a"], request.headers["content-length"]]);
    response.writeHead(207, "Odd", ["set-cookie", "a=1", "set-cookie", "b=2", "content-type", "text/odd"]);
    for await (const chunk of request) response.write(String(chunk).toUpperCase());
    response.end();
  };
  const got = await fetch(`${url}/p%20q?x=1&x=2`, { method: "PUT", body: "abc", headers: { "x-a": "ä".normalize("NFC") } });
  assert.deepEqual([got.status, got.statusText, got.headers.getSetCookie(), await got.text()], [207, "Odd", ["a=1", "b=2"], "ABC"]);
  assert.deepEqual(seen, [["PUT", "/p%20q?x=1&x=2", new URL(url).host, "ä", "3"]]);
  await eventually("it is reported", () => told.length === 1 || undefined);
  assert.deepEqual({ ...told[0], ms: 0 }, { method: "PUT", path: "/p%20q", status: 207, ms: 0 });
});

test("bodies of unknown length, empty bodies, and responses without a body pass", async () => {
  answer = async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    response.writeHead(request.method === "HEAD" ? 200 : 204, { "x-bytes": body.length, ...(request.method === "HEAD" && { "content-length": 77 }) });
    response.end();
  };
  const stream = new ReadableStream({ start: (to) => (to.enqueue(Buffer.alloc(100_000)), to.close()) });
  const sized = async (init) => (await fetch(url, init)).headers.get("x-bytes");
  assert.equal(await sized({ method: "POST", body: stream, duplex: "half" }), "100000");
  assert.equal(await sized({ method: "POST" }), "0");
  assert.equal(await sized({ method: "DELETE", body: "abc" }), "3");
  assert.equal((await fetch(url, { method: "HEAD" })).headers.get("content-length"), "77");
});

test("bytes in one piece with the headers of an upgrade pass too", async () => {
  const socket = connect(new URL(url).port, "127.0.0.1");
  socket.write("GET /early HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhead,");
  let text = "";
  socket.on("data", (data) => (text += data));
  await eventually("both are there", () => (text.includes("first,") && text.includes("head,")) || undefined, { limitMs: 5_000 });
  socket.write("more");
  await eventually("and what follows", () => text.endsWith("more") || undefined, { limitMs: 5_000 });
  socket.destroy();
});

test("a socket is upgraded, or refused in the runtime's words", async () => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/live?token=x`);
  await once(socket, "open");
  socket.send("hello");
  assert.equal(String((await once(socket, "message"))[0]), `${new URL(url).host} hello`);
  socket.close();
  await once(socket, "close");
  const [, refused] = await once(new WebSocket(`${url.replace("http", "ws")}/no`).on("error", () => {}), "unexpected-response");
  assert.deepEqual([refused.statusCode, refused.headers["x-why"]], [401, "no token"]);
  assert.deepEqual(told.map(({ path, status }) => [path, status]), [["/live", 101], ["/no", 401]]);
});

test("a client that leaves also ends the request behind it, and is logged", async () => {
  let left;
  answer = (request, response) => {
    left = once(response, "close");
    response.write("begun");
  };
  const stop = new AbortController();
  const got = await fetch(url, { signal: stop.signal });
  await got.body.getReader().read();
  stop.abort();
  await left;
  await eventually("it is reported", () => told.length === 1 || undefined);
  assert.equal(told[0].status, undefined);
});

test("a runtime that dies during a request gives a 502, and the next request gets its answer", async () => {
  answer = (request) => request.socket.destroy();
  const got = await fetch(url);
  assert.equal(got.status, 502);
  assert.match(await got.text(), /runtime ended/);
  answer = (_, response) => response.write("half", () => response.destroy());
  await assert.rejects(fetch(url).then((half) => half.text()));
  answer = (_, response) => response.end("ok");
  assert.equal(await (await fetch(url)).text(), "ok");
});

test("requests wait while the runtime is replaced, for open requests and for the new port", async () => {
  const order = [];
  let release;
  answer = async (request, response) => {
    order.push(`begun ${request.url}`);
    if (request.url === "/slow") await new Promise((resolve) => (release = resolve));
    response.end("old");
  };
  const slow = fetch(`${url}/slow`);
  await eventually("it is under way", () => release);
  const other = createServer((_, response) => response.end("new")).listen(0, "127.0.0.1");
  await once(other, "listening");
  const old = front.to;
  const exchange = front.during(async () => {
    order.push("exchanged");
    return other.address().port;
  });
  const late = fetch(`${url}/late`);
  await sleep(100);
  assert.deepEqual(order, ["begun /slow"]);
  release();
  await exchange;
  assert.deepEqual([await (await slow).text(), await (await late).text(), order.at(-1)], ["old", "new", "exchanged"]);
  front.to = old;
  other.closeAllConnections();
  other.close();
});

test("a request waits for a runtime that is being started", async () => {
  const old = front.to;
  front.to = await freePort();
  const early = fetch(url);
  await sleep(100);
  const late = createServer((_, response) => response.end("late")).listen(front.to, "127.0.0.1");
  assert.equal(await (await early).text(), "late");
  front.to = old;
  late.closeAllConnections();
  late.close();
});

test("at most 32 deliveries run at once, and nothing else waits for them", async () => {
  let [now, most] = [0, 0];
  const gates = [];
  answer = async (request, response) => {
    if (!request.url.startsWith("/hook/")) return response.end("page");
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => gates.push(resolve));
    now -= 1;
    response.end("ok");
  };
  const all = Array.from({ length: 100 }, () => fetch(`${url}/hook/t`, { method: "POST", body: "x" }).then((got) => got.text()));
  await eventually("the first are there", () => gates.length === 32 || undefined);
  assert.equal(await (await fetch(url)).text(), "page");
  const open = setInterval(() => gates.splice(0).forEach((go) => go()), 5);
  assert.deepEqual(new Set(await Promise.all(all)), new Set(["ok"]));
  clearInterval(open);
  assert.equal(most, 32);
});

test("input that is not HTTP does no harm", async () => {
  const socket = connect(new URL(url).port, "127.0.0.1", () => socket.write("\u0016\u0003 nonsense\r\n\r\n"));
  const [data] = await once(socket, "data");
  assert.match(String(data), /^HTTP\/1\.1 400/);
  socket.destroy();
});
