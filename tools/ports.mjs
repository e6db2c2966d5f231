// Ports on loopback.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port for what is to keep it when it is started again: below those that the system gives to whoever
 * asks for any, who might get it in between.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await listenOnce(port).then(() => true, () => false)) return port;
  }
}

/** Rejects if the port can't be had. */
export async function listenOnce(port, host = "127.0.0.1") {
  const server = createServer().listen(port, host);
  await once(server, "listening");
  const bound = server.address().port;
  server.close();
  await once(server, "close");
  return bound;
}
