// A client's webhook endpoint keeps the requests, and answers as the test says.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startOrigin } from "../../runtime/support/servers/origin.mjs";
import { startReceiver } from "../../runtime/support/servers/receiver.mjs";

async function start(t, options) {
  const receiver = await startReceiver(options);
  t.after(receiver.stop);
  const post = (body, { path = "/hook", ...init } = {}) =>
    fetch(receiver.url + path, { method: "POST", body, ...init });
  return { receiver, post };
}

test("each request is kept whole", async (t) => {
  const { receiver, post } = await start(t);
  const before = Date.now();
  const headers = { "Webhook-Id": "evt_1", "content-type": "application/json" };
  assert.equal((await post('{"a": 1.10}', { path: "/hook/x?y=%20z", headers })).status, 200);
  await post("no JSON");
  const [first, second] = await receiver.received(2);
  const { at, headers: told, ...rest } = first;
  assert.deepEqual(rest, { method: "POST", path: "/hook/x", url: "/hook/x?y=%20z",
    body: '{"a": 1.10}', json: { a: 1.1 } });
  assert.equal(told["webhook-id"], "evt_1");
  assert.ok(at >= before && at <= second.at && second.at <= Date.now());
  assert.deepEqual([second.body, second.json], ["no JSON", undefined]);
});

test("answers are given in their order, then the usual one", async (t) => {
  const { receiver, post } = await start(t, { usual: { status: 204 } });
  receiver.answers.push(
    { status: 503, headers: { "retry-after": "7" }, body: "later" },
    { reset: true },
    { delayMs: 200, status: 410 },
  );
  const first = await post("1");
  assert.deepEqual([first.status, first.headers.get("retry-after"), await first.text()],
    [503, "7", "later"]);
  await assert.rejects(post("2"), ({ cause }) => /ECONNRESET|UND_ERR_SOCKET/.test(cause.code));
  const start3 = performance.now();
  assert.equal((await post("3")).status, 410);
  assert.ok(performance.now() - start3 >= 199);
  assert.equal((await post("4")).status, 204);
  assert.deepEqual(receiver.requests.map(({ body }) => body), ["1", "2", "3", "4"]);
});

test("without an answer the sender gives up, and stopping does not wait", async (t) => {
  const { receiver, post } = await start(t);
  receiver.answers.push({ never: true }, { never: true }, { delayMs: 600_000 });
  await assert.rejects(post("1", { signal: AbortSignal.timeout(100) }), { name: "TimeoutError" });
  const waiting = [post("2"), post("3")].map((one) => assert.rejects(one));
  await receiver.received(3);
  await receiver.stop();
  await Promise.all(waiting);
});

test("waiting for requests ends when they have come, or fails", async (t) => {
  const { receiver, post } = await start(t);
  const both = receiver.received(2);
  await post("1");
  await post("2");
  assert.deepEqual((await both).map(({ body }) => body), ["1", "2"]);
  await assert.rejects(receiver.received(3, { limitMs: 50 }), /3 requests came/);
});

test("a request that ends in the middle is not kept, and uses no answer up", async (t) => {
  const { receiver, post } = await start(t);
  receiver.answers.push({ status: 201 });
  const socket = connect(receiver.port, "127.0.0.1");
  await once(socket, "connect");
  socket.end("POST /hook HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf");
  socket.resume();
  await once(socket, "close");
  assert.equal((await post("whole")).status, 201);
  assert.deepEqual(receiver.requests.map(({ body }) => body), ["whole"]);
});

test("it works behind another server's URL", async (t) => {
  const { receiver } = await start(t);
  const origin = await startOrigin();
  t.after(origin.stop);
  origin.on("/theirs", receiver.step);
  receiver.answers.push({ status: 202 });
  const request = { method: "POST", body: "{}" };
  assert.equal((await fetch(`${origin.url}/theirs?a=b`, request)).status, 202);
  assert.deepEqual(receiver.requests.map(({ path, url }) => [path, url]),
    [["/theirs", "/theirs?a=b"]]);
});
