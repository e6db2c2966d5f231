// A proxy before a vault that can misbehave: it answers itself, or changes the vault's response. It passes `Host` on,
// so that the vault's URLs lead through it.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { createServer as createTlsServer } from "node:https";

/**
 * @param {string} target the vault's URL
 * @param {object} [options]
 * @param {(request, response) => boolean} [options.answer] returns whether it has answered itself
 * @param {(request, answer: { status, headers, body: Buffer }) => void} [options.change] changes the vault's response
 * @param {{ cert: string, key: string }} [options.tls]
 */
export async function startMiddleman(target, { answer = () => false, change = () => {}, tls } = {}) {
  let to = new URL(target);
  const seen = [];
  const handle = (request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers });
    if (answer(request, response)) return;
    const { hostname, port } = to;
    const onward = ask({ hostname, port, method, path: url, headers: { ...headers, "accept-encoding": "identity" } }, async (from) => {
      const body = Buffer.concat(await from.toArray());
      const told = { status: from.statusCode, headers: { ...from.headers }, body };
      delete told.headers["transfer-encoding"];
      change(request, told);
      response.writeHead(told.status, told.headers).end(told.body);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  };
  const server = tls ? createTlsServer(tls, handle) : createServer(handle);
  server.on("clientError", (_, socket) => socket.destroy());
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  return {
    url: `${tls ? "https" : "http"}://localhost:${server.address().port}`,
    seen,
    /** Points the proxy to the vault's new URL. */
    leadTo: (url) => (to = new URL(url)),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
