// No connection is used twice by the `fetch` of a test, or of a client that runs in it. workerd
// closes one whose request it has answered without reading the body, just when the next call may
// have got it: that call fails, and says nothing of the Worker.

/** Where Node's `fetch` looks for its connections, from its first call on. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

await fetch("data:,");
const { constructor: Agent } = globalThis[DISPATCHER];
globalThis[DISPATCHER] = new Agent({ pipelining: 0 });
