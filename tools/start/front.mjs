// Listens on the well-known port, and forwards to the runtime, whose own port differs each time. Requests wait while
// the runtime is replaced or restarted, so that no delivery is lost.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { connect } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Turns } from "./turns.mjs";

const HOST = "127.0.0.1";
/** `localhost` may be either address; a machine may have no IPv6. */
const LOOPBACK = [HOST, "::1"];
const BACKLOG = 4_096;
const AGAIN_MS = 50;
const PATIENCE_MS = 60_000;
/** The most milliseconds that open requests get to end before the runtime is replaced. */
const HOLD_MS = 2_000;
/** Headers that belong to one connection, not to the request. */
const HOP_BY_HOP = ["connection", "keep-alive", "expect", "transfer-encoding"];
/**
 * The most deliveries at a time. They come in bursts, and each opens an object. With hundreds at once the runtime
 * neglects its connections so long that it takes them for dead.
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

  /**
   * @param {(told: { method: string, path: string, status?: number, ms: number }) => void} log gets each request; one
   *   without a status was aborted
   */
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

  /** Holds requests back while `work` replaces the runtime, then forwards them to the port that `work` resolves to. */
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
      // Writes what arrived in one piece with the headers.
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
    // The promise that waits for the response reports the error.
    onward.on("error", () => {});
    return onward;
  }

  /** Connects to the runtime as soon as that is possible. Trying again is safe, because nothing was sent yet. */
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

/** Returns the path only, because a query may contain a secret. */
const pathOf = (url) => (url.startsWith("/") || !URL.canParse(url) ? url.split("?")[0] : new URL(url).pathname);

/** Returns raw headers (name, value, name, value …) without the named ones. */
const without = (raw, names) => raw.filter((_, n) => !names.includes(raw[n - (n % 2)].toLowerCase()));

function headOf({ statusCode, statusMessage, rawHeaders }) {
  const lines = rawHeaders.flatMap((name, n) => (n % 2 ? [] : [`${name}: ${rawHeaders[n + 1]}`]));
  return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines, "", ""].join("\r\n");
}

function refuse(response, error) {
  if (response.headersSent || response.destroyed) return response.destroy();
  response.writeHead(502, { "content-type": "text/plain; charset=utf-8" }).end(`The runtime ended before it answered (${error.code}).\n`);
}
