// A proxy in front of a server, which plays faults. It passes `Host` on unchanged, because signatures cover it.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";

/** Where a path names its job: `…/outputs/free/437852_0_a.mp4`, `…/requests/437852`. */
const JOB = /\/(?:outputs\/[^/]+|requests)\/(\d+)/;

/**
 * @param {string} target
 * @param {import("./injector.mjs").Injector} injector
 * @param {"source" | "queue"} kind which of the injector's faults to play
 */
export async function startProxy(target, injector, kind) {
  const server = createServer((request, response) => {
    // A client that was killed or lost patience is gone before its response.
    response.on("error", () => {});
    const exchange = new Exchange({ target, injector, request, response });
    const play = faultOf(exchange, injector, kind) ?? (() => exchange.pass());
    play(exchange)?.catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function faultOf({ job, path, request }, injector, kind) {
  if (request.method !== "GET" || job === undefined) return undefined;
  return injector[kind]({ job, path, nth: injector.count(path) });
}

/** A request, and the ways to answer it. */
class Exchange {
  #target;
  #injector;

  constructor({ target, injector, request, response }) {
    [this.#target, this.#injector] = [new URL(target), injector];
    [this.request, this.response] = [request, response];
    this.url = new URL(request.url, target);
    this.path = this.url.pathname;
    this.job = JOB.exec(this.path)?.[1];
  }

  /** Marks the job as really struck by the fault. */
  strike() {
    this.#injector.strike(this.job);
  }

  /** Holds the job, and resolves when it may go on. */
  hold() {
    const left = new Promise((resolve) => this.response.once("close", resolve));
    return this.#injector.hold(this.job, left);
  }

  /** Forwards the request, and resolves to the server's response. */
  async forward() {
    const { method, url: path, headers } = this.request;
    const { hostname, port } = this.#target;
    const onward = ask({ hostname, port, method, path, headers });
    this.request.pipe(onward);
    const [answer] = await once(onward, "response");
    return answer;
  }

  /** Answers as the server does, and returns the status. */
  async pass() {
    const answer = await this.forward();
    this.response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(this.response);
    return answer.statusCode;
  }

  /** Returns the server's response with its whole body. */
  async whole() {
    const answer = await this.forward();
    const body = Buffer.concat(await answer.toArray());
    return { status: answer.statusCode, headers: answer.headers, body };
  }
}
