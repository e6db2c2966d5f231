// Starts a test's own server on loopback.
import { once } from "node:events";

/** Makes the server listen on a free port: `{ port, url, stop }`. */
export async function listen(server) {
  // `unref`: a test whose vault complains when it ends must not hang because of its servers.
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { port } = server.address();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
