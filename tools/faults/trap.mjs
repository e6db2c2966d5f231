// A host that nobody may ask: it counts who connects.
import { once } from "node:events";
import { createServer } from "node:net";

/** Of the loopback addresses one that is not listed. */
const HOST = "127.0.0.2";

/** Each connection counts as the rig's `forbidden`. It has the allowed source's own port. */
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
