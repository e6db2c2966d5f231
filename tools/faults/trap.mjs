// A host that nobody may ask: it counts who connects.
import { once } from "node:events";
import { createServer } from "node:net";

/** Each connection counts as the rig's `forbidden`. */
export async function startTrap(rig) {
  const server = createServer((socket) => {
    rig.forbidden += 1;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  rig.onStop(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${server.address().port}` };
}
