// Keeps the `fetch` of a test, or of a client in it, from using a connection twice. workerd closes a connection whose
// request it answered without reading the body, perhaps just when the next call got it. That call then fails, which
// says nothing about the Worker.

/** The symbol under which Node's `fetch` finds its connections, from its first call on. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

await fetch("data:,");
const { constructor: Agent } = globalThis[DISPATCHER];
globalThis[DISPATCHER] = new Agent({ pipelining: 0 });
