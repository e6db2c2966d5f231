// A door before a server, with or without TLS, that can lose an answer: the server has worked, and
// the client can't know. It passes bytes as they come, so that `Host` and streams are as sent.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { certificate } from "./certificate.mjs";
import { eventually } from "../wait.mjs";

/** `front` with TLS, for Python's client. */
export const tlsFront = (target, options) => front(target, { tls: true, ...options });

/**
 * @param {string} target URL of the server; one with https must have our certificate
 * @param {{ tls?: boolean, only?: string }} [options] whether clients speak TLS to the front, and
 *   how the requests begin that count and can be lost; all if it is left out
 */
export async function front(target, { tls = false, only = "" } = {}) {
  const { protocol, hostname: host, port } = new URL(target);
  const clients = new Set();
  let [toBreak, broken, requests] = [0, 0, 0];
  let [when, isReset] = [undefined, false];

  const accept = (client) => {
    const server = protocol === "https:" ? connectTls({ host, port, ca: certificate().cert })
      : connect({ host, port });
    clients.add(client);
    let isDoomed = false;
    const lose = () => {
      broken += 1;
      if (isReset) server.resetAndDestroy();
      client.destroy();
    };
    client.on("data", (chunk) => {
      if (!chunk.toString("latin1").startsWith(only)) return;
      requests += 1;
      if (isDoomed || toBreak === 0) return;
      [isDoomed, toBreak] = [true, toBreak - 1];
      server.unpipe(client);
      if (when) void eventually("the moment to break a connection", when).then(lose, lose);
      // The first byte of an answer shows that the server has had the whole request.
      else server.once("data", lose);
      // What is unpiped stands still.
      server.resume();
    });
    client.pipe(server);
    server.pipe(client);
    // Who goes without a word leaves the other side likewise.
    client.on("error", () => {});
    server.on("error", () => client.destroy());
    server.on("close", () => client.end());
    client.on("close", () => {
      clients.delete(client);
      server.destroy();
    });
  };

  const { cert, key } = tls ? certificate() : {};
  const server = tls ? createTlsServer({ cert, key }, accept) : createServer(accept);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const at = `127.0.0.1:${server.address().port}`;
  return {
    url: `${tls ? "https" : "http"}://${at}`,
    /** `host:port`, for Python's client. */
    host: at,
    /**
     * Loses the answers to the next requests, of whatever connection, each with its connection: at
     * the first byte of the answer, when the server is done; or before it, as soon as `when` tells
     * anything but `undefined`. To the server it looks like a client that closes, or with `reset`
     * like a line that is cut.
     */
    breakNext({ times = 1, when: moment, reset = false } = {}) {
      [toBreak, when, isReset] = [times, moment, reset];
    },
    /** How many answers have been lost. */
    broken: () => broken,
    /** How many requests have come; one in parts counts again, if `only` does not tell. */
    asked: () => requests,
    async stop() {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
