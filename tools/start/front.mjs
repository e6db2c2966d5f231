// The port that everybody knows, before the runtime, whose own is another one each time. While the runtime is
// exchanged or started again requests wait, so that no delivery is lost.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { connect } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Turns } from "./turns.mjs";

const HOST = "127.0.0.1";
/** `localhost` may be either; a machine may have no IPv6. */
const LOOPBACK = [HOST, "::1"];
const BACKLOG = 4_096;
const AGAIN_MS = 50;
const PATIENCE_MS = 60_000;
/** How long requests under way may take to end before an exchange. */
const HOLD_MS = 2_000;
/** Of one connection, not of the request. */
const HOP_BY_HOP = ["connection", "keep-alive", "expect", "transfer-encoding"];
/**
 * Deliveries come in bursts, and each opens an object: with hundreds at a time the runtime does not look at its
 * connections for so long that it takes them for dead.
 */
const DELIVERIES = 32;

export class Front {
  /** The runtime's port. */
  to;
  #servers = [];
  #log;
  #turns = new Turns(DELIVERIES);
  #held;
  #release = () => {};
  #underWay = 0;

  /** @param {(told: { method: string, path: string, status?: number, ms: number }) => void} log a request without a status was broken off */
  constructor(log) {
    this.#log = log;
  }

  async listen(port) {
    for (const host of LOOPBACK) {
      const server = createServer({ requestTimeout: 0 }, (request, response) => void this.#pass(request, response));
      server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
      server.listen({ port, host, backlog: BACKLOG });
      await once(server, "listening").then(() => this.#servers.push(server), (error) => {
        if (host === HOST) throw error;
      });
    }
  }

  /** Holds requests back while `work` exchanges the runtime, and leads them to the port that it resolves to. */
  async during(work) {
    this.#held = new Promise((resolve) => (this.#release = resolve));
    const end = Date.now() + HOLD_MS;
    while (this.#underWay > 0 && Date.now() < end) await sleep(AGAIN_MS);
    try {
      this.to = await work();
    } finally {
      this.#release();
      this.#held = undefined;
    }
  }

  stop() {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #pass(request, response) {
    const { method, url } = request;
    const begun = Date.now();
    response.once("close", () => this.#log({ method, path: pathOf(url), ms: Date.now() - begun,
      status: response.writableFinished ? response.statusCode : undefined }));
    const end = /^\/+hook\b/.test(url) ? await this.#turns.take() : () => {};
    await this.#held;
    this.#underWay += 1;
    try {
      if (!response.destroyed) await this.#forward(request, response);
    } catch (error) {
      refuse(response, error);
    } finally {
      this.#underWay -= 1;
      end();
    }
  }

  async #forward(request, response) {
    const onward = await this.#ask(request, "close");
    response.once("close", () => onward.destroy());
    request.pipe(onward);
    const [answer] = await once(onward, "response");
    response.sendDate = false;
    response.writeHead(answer.statusCode, answer.statusMessage, without(answer.rawHeaders, HOP_BY_HOP));
    await pipeline(answer, response);
  }

  async #upgrade(request, socket, head) {
    const { method, url } = request;
    const begun = Date.now();
    socket.on("error", () => {});
    try {
      const onward = await this.#ask(request, "upgrade");
      onward.end();
      const [answer, upstream, first] = await Promise.race(["upgrade", "response"].map((event) => once(onward, event)));
      this.#log({ method, path: pathOf(url), status: answer.statusCode, ms: Date.now() - begun });
      socket.write(headOf(answer));
      // What came in one piece with the headers.
      if (first) socket.write(first);
      upstream?.write(head);
      await (upstream ? Promise.all([pipeline(upstream, socket), pipeline(socket, upstream)]) : pipeline(answer, socket));
    } catch {
      socket.destroy();
    }
  }

  async #ask(request, connection) {
    const socket = await this.#dial();
    const { method, url: path, rawHeaders } = request;
    const coding = request.headers["transfer-encoding"] ? ["transfer-encoding", "chunked"] : [];
    const headers = [...without(rawHeaders, HOP_BY_HOP), "connection", connection, ...coding];
    const onward = ask({ createConnection: () => socket, method, path, headers, setHost: false });
    // Whoever waits for its answer hears of it.
    onward.on("error", () => {});
    return onward;
  }

  /** A connection to the runtime, as soon as there is one: nothing has been sent yet. */
  async #dial() {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(AGAIN_MS)) {
      const socket = connect(this.to, HOST);
      try {
        await once(socket, "connect");
        return socket;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }
}

/** A path alone: a query may hold a secret. */
const pathOf = (url) => (url.startsWith("/") || !URL.canParse(url) ? url.split("?")[0] : new URL(url).pathname);

/** Headers, a name and its value in turns, without those of these names. */
const without = (raw, names) => raw.filter((_, n) => !names.includes(raw[n - (n % 2)].toLowerCase()));

function headOf({ statusCode, statusMessage, rawHeaders }) {
  const lines = rawHeaders.flatMap((name, n) => (n % 2 ? [] : [`${name}: ${rawHeaders[n + 1]}`]));
  return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines, "", ""].join("\r\n");
}

function refuse(response, error) {
  if (response.headersSent || response.destroyed) return response.destroy();
  response.writeHead(502, { "content-type": "text/plain; charset=utf-8" }).end(`The runtime ended before it answered (${error.code}).\n`);
}
