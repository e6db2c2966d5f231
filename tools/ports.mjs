// Finds and checks ports on loopback.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Returns a free port for a server that must keep it across restarts. It is below the range from which the system gives
 * out ports, so that nobody gets it in between.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await listenOnce(port).then(() => true, () => false)) return port;
  }
}

/** Resolves to the port once it could be bound; rejects if it could not. */
export async function listenOnce(port, host = "127.0.0.1") {
  const server = createServer().listen(port, host);
  await once(server, "listening");
  const bound = server.address().port;
  server.close();
  await once(server, "close");
  return bound;
}
