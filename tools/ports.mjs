// Ports on loopback.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { Failure } from "./setup/run.mjs";

/** Throws unless the port can be had. */
export async function checkPort(port, variable) {
  await listenOnce(port).catch(() => {
    throw new Failure(`Port ${port} is busy: stop what uses it, or set ${variable} to another.`);
  });
}

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

async function listenOnce(port) {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address().port;
  server.close();
  await once(server, "close");
  return bound;
}
