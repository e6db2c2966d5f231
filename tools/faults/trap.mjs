// A host that nobody may connect to: it counts connections.
import { once } from "node:events";
import { createServer } from "node:net";

/** A loopback address that is not on the allow list. */
const HOST = "127.0.0.2";

/** Starts the host, on the same port as the allowed source. Each connection counts as the rig's `forbidden`. */
export async function startTrap(rig) {
  const server = createServer((socket) => {
    rig.forbidden += 1;
    socket.destroy();
  });
  const { port } = new URL(rig.sources);
  server.listen(port, HOST);
  await once(server, "listening");
  rig.onStop(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://${HOST}:${port}` };
}
