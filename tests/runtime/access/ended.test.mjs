// Access ends on time: a client leaves when its ticket has expired, or its token is no longer valid.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import WebSocket from "ws";
import { PATIENT, queuesAt, says } from "../support/calls.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { startFalAi } from "../support/fal/ai.mjs";
import { startOrigin } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { ticketOf, ticketed } from "../support/tickets.mjs";
import { API_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { eventually } from "../support/wait.mjs";

const NEXT_API_TOKEN = "next-api-token-0123456789";
/** The most milliseconds after the ticket's end. */
const LATE_MS = 3_000;
const TTL = 2;
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));

/**
 * Connects a viewer, and collects its messages and the close frame. If the object closes, a local workerd holds the
 * connection open until the object leaves memory, ten seconds later.
 */
async function watch(vault, query, headers) {
  const socket = new WebSocket(`${vault.url.replace("http", "ws")}/live${query}`, { headers });
  const viewer = { socket, messages: [], closed: undefined, status: 101 };
  socket.on("message", (data) => viewer.messages.push(String(data)));
  const close = (code, reason) => (viewer.closed ??= { at: Date.now(), code, reason: String(reason) });
  socket.on("close", close);
  socket.on("error", () => {});
  const refused = once(socket, "unexpected-response").then(([request, response]) => {
    viewer.status = response.statusCode;
    request.destroy();
  });
  await Promise.race([once(socket, "open"), refused]);
  socket._receiver?.on("conclude", close);
  viewer.told = (id) => viewer.messages.some((text) => text.includes(`"id":"${id}"`));
  return viewer;
}

/** Returns the text of a stream of events, once it has ended, and when it ended. The response must be a 200. */
async function readToItsEnd(url, headers = {}) {
  const response = await fetch(url, { headers: { accept: "text/event-stream", connection: "close", ...headers } });
  assert.equal(response.status, 200);
  return { text: await response.text(), at: Date.now() };
}

function isInTime(at, end) {
  assert.ok(at >= end - 50, `${end - at} ms too early`);
  assert.ok(at <= end + LATE_MS, `${at - end} ms after its end`);
}

describe("when a ticket expires", () => {
  let vault, fal;
  before(async () => {
    fal = await startFalAi();
    vault = await startVault({ change: fal.change, vars: { ...PATIENT, READ_TOKEN, FAL_KEY: "fal-key-0123456789" } });
    await vault.deliver(acquired("1"));
  });
  after(() => stopAll(vault, fal));

  const ticket = (scope, ttl = TTL) => ticketOf(vault, { scope, ttl });

  it("only its viewer is closed, with a code and a reason", async () => {
    const [short, long] = [await ticket("live"), await ticket("live", TTL + 2)];
    const viewers = [];
    for (const { ticket: text } of [long, short]) viewers.push(await watch(vault, `?ticket=${text}`));
    const [later, first] = viewers;
    const owners = [await watch(vault, "", bearer(API_TOKEN)), await watch(vault, "", bearer(READ_TOKEN))];
    for (const { viewer, end } of [{ viewer: first, end: short.expiresAt }, { viewer: later, end: long.expiresAt }]) {
      const { at, code, reason } = await eventually("it is closed", () => viewer.closed);
      isInTime(at, end);
      assert.deepEqual([code, reason], [1008, "the ticket has ended"]);
    }
    const before = first.messages.length;
    await vault.deliver(told("failed", "after"));
    for (const owner of owners) await eventually("the owner gets the change", () => owner.told("after") || undefined);
    assert.deepEqual([first.messages.length, owners.map(({ closed }) => closed)], [before, [undefined, undefined]]);
    assert.equal((await watch(vault, `?ticket=${short.ticket}`)).status, 401);
    for (const { socket } of owners) socket.terminate();
  });

  it("a viewer who does not answer the close gets nothing more", async () => {
    const { ticket: text, expiresAt } = await ticket("live");
    const deaf = await watch(vault, `?ticket=${text}`);
    // This client accepts frames, but its socket writes none.
    deaf.socket._socket.write = () => true;
    deaf.socket._socket.end = () => {};
    await pause(expiresAt - Date.now() + LATE_MS);
    await vault.deliver(told("failed", "unheard"));
    await pause(500);
    assert.ok(!deaf.told("unheard"));
    deaf.socket.terminate();
  });

  it("an alarm without viewers harms nothing, and new viewers are admitted", async () => {
    const { ticket: text, expiresAt } = await ticket("live");
    const viewer = await watch(vault, `?ticket=${text}`);
    await vault.restart();
    await eventually("it is dropped", () => viewer.closed);
    await pause(expiresAt - Date.now() + LATE_MS);
    const next = await watch(vault, `?ticket=${(await ticket("live", 60)).ticket}`);
    await vault.deliver(told("failed", "next"));
    await eventually("it gets the change", () => next.told("next") || undefined);
    next.socket.terminate();
    assert.deepEqual((await vault.json("/stats")).jobs > 0, true);
  });

  it("a job's stream of events ends", async () => {
    const { ticket: text, expiresAt } = await ticket("job:1");
    const { text: frames, at } = await readToItsEnd(`${vault.url}/jobs/1/events?ticket=${text}`);
    isInTime(at, expiresAt);
    assert.match(frames, /event: job/);
  });

  it("a waiting request gets an error that says so", async () => {
    for (const [path, id] of [["/jobs/1?wait=30&version=1", "1"], ["/jobs/1/result?wait=30", "1"], ["/jobs/unborn?wait=30", "unborn"]]) {
      const { ticket: text, expiresAt } = await ticket(`job:${id}`);
      const response = await fetch(`${vault.url}${path}&ticket=${text}`);
      isInTime(Date.now(), expiresAt);
      assert.equal(response.status, 401, path);
      assert.match((await response.json()).detail, /has expired/);
    }
  });

  it("a request's stream of statuses ends", async () => {
    const url = await ticketed(vault, { ttl: 60 });
    const target = { "x-fal-target-url": "https://queue.fal.run/fal-ai/flux", "content-type": "application/json" };
    const { request_id: id } = await (await fetch(url, { method: "POST", body: "{}", headers: target })).json();
    const { ticket: text, expiresAt } = await ticketOf(vault, { ttl: TTL });
    const at = `https://queue.fal.run/fal-ai/flux/requests/${id}/status/stream`;
    const end = await readToItsEnd(`${vault.url}/fal/proxy/t_${text}`, { "x-fal-target-url": at });
    isInTime(end.at, expiresAt);
    assert.match(end.text, /IN_QUEUE/);
    vault.leaveWork();
  });

  it("a stream through the proxy ends, and the owner's goes on", async () => {
    const target = "https://fal.run/fal-ai/flux/stream";
    fal.on(target, (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const beat = setInterval(() => response.write("data: 1\n\n"), 200);
      response.on("close", () => clearInterval(beat));
    });
    const { ticket: text, expiresAt } = await ticketOf(vault, { ttl: TTL });
    const owners = new AbortController();
    const owner = await fetch(`${vault.url}/fal/proxy`, { signal: owners.signal, headers: { ...bearer(API_TOKEN), "x-fal-target-url": target } });
    const end = await readToItsEnd(`${vault.url}/fal/proxy/t_${text}`, { "x-fal-target-url": target });
    isInTime(end.at, expiresAt);
    assert.match(end.text, /data: 1/);
    const reader = owner.body.getReader();
    await reader.read();
    assert.equal((await reader.read()).done, false);
    owners.abort();
  });
});

describe("when a token is no longer valid", () => {

  async function start(context, vars = {}) {
    const vault = await startVault({ vars: { READ_TOKEN, NEXT_API_TOKEN, ...vars }, change: withEntry("rotated") });
    context.after(() => vault.stop());
    vault.leaveWork();
    return { vault, rotate: () => vault.post("/rotate", "") };
  }
  const begun = (vault, what) => vault.logs.filter(({ message }) => message === what).length;

  it("a viewer of a sleeping object is closed when the object wakes", async (context) => {
    const { vault, rotate } = await start(context);
    const { ticket } = await ticketOf(vault, { scope: "live" });
    const viewers = [await watch(vault, `?ticket=${ticket}`), await watch(vault, "", bearer(API_TOKEN))];
    const reader = await watch(vault, "", bearer(READ_TOKEN));
    await rotate();
    // An idle object leaves memory after ten seconds; its sockets stay.
    await pause(12_000);
    assert.deepEqual([...viewers, reader].map(({ closed }) => closed), [undefined, undefined, undefined]);
    for (const { socket } of [...viewers, reader]) socket.send("ping");
    for (const viewer of viewers) {
      const { code, reason } = await eventually("it is closed", () => viewer.closed);
      assert.deepEqual([code, reason], [1008, "the ticket has ended"]);
    }
    await eventually("the reader is answered", () => reader.messages.includes("pong") || undefined);
    assert.ok(begun(vault, "a catalog begins, rotated") > 0);
    assert.equal((await watch(vault, `?ticket=${ticket}`)).status, 401);
    reader.socket.terminate();
  });

  it("streams of events and waiting requests end", async (context) => {
    const { vault, rotate } = await start(context);
    await rotate();
    await vault.deliver(acquired("1"));
    const { ticket } = await ticketOf(vault, { scope: "job:1" });
    const begin = Date.now();
    for (const headers of [bearer(API_TOKEN), {}]) {
      const query = headers.authorization ? "" : `?ticket=${ticket}`;
      const { text } = await readToItsEnd(`${vault.url}/jobs/1/events${query}`, headers);
      assert.match(text, /event: job/);
    }
    const response = await fetch(`${vault.url}/jobs/1?wait=30&version=1`, { headers: bearer(API_TOKEN) });
    assert.equal(response.status, 401);
    assert.ok(Date.now() - begin < LATE_MS, `${Date.now() - begin} ms`);
    // Without a wait, the Worker that admitted them answers.
    assert.equal((await vault.get("/jobs/1?wait=0")).status, 200);
  });

  it("a stream of a request's statuses ends", async (context) => {
    const origin = await startOrigin();
    context.after(() => origin.stop());
    const { vault, rotate } = await start(context, { ...queuesAt(origin), ...PATIENT });
    origin.on("/queue/m", says({ request_id: "s-1", status: "IN_QUEUE" }));
    origin.on("/queue/m/requests/s-1/status", says({ status: "IN_QUEUE" }, 202));
    await rotate();
    await fetch(`${vault.url}/queue/m`, { method: "POST", body: "{}", headers: bearer(API_TOKEN) });
    const begin = Date.now();
    const { text } = await readToItsEnd(`${vault.url}/queue/m/requests/s-1/status/stream`, bearer(API_TOKEN));
    assert.match(text, /IN_QUEUE/);
    assert.ok(Date.now() - begin < LATE_MS, `${Date.now() - begin} ms`);
  });
});
