// A proxy before a server, with or without TLS, that can lose a response: the server has worked, and the client cannot
// know. It passes bytes as they come, so that `Host` and streams stay as sent.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { certificate } from "./certificate.mjs";
import { eventually } from "../wait.mjs";

/** Starts `front` with TLS, for Python's client. */
export const tlsFront = (target, options) => front(target, { tls: true, ...options });

/**
 * @param {string} target URL of the server; one with https must have our certificate
 * @param {{ tls?: boolean, only?: string }} [options] `tls`: clients speak TLS to the front; `only`: how the requests
 *   begin that count and can be lost, all by default
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
      // The first byte of a response shows that the server has received the whole request.
      else server.once("data", lose);
      // A stream pauses when it is unpiped.
      server.resume();
    });
    client.pipe(server);
    server.pipe(client);
    // If one side breaks off, the other side sees that too.
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
     * Loses the responses to the next requests on any connection, together with their connections. It does so at the
     * first byte of the response, when the server is done; or before, as soon as `when` returns anything but
     * `undefined`. The server sees a client that closes, or with `reset` a line that is cut.
     */
    breakNext({ times = 1, when: moment, reset = false } = {}) {
      [toBreak, when, isReset] = [times, moment, reset];
    },
    /** Returns how many responses were lost. */
    broken: () => broken,
    /**
     * Returns how many requests have arrived. A request in several parts counts several times, unless `only` excludes
     * them.
     */
    asked: () => requests,
    async stop() {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
