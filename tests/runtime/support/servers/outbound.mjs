// The one socket that receives all of the Worker's fetches, whatever host they name. workerd sends them there as to a
// proxy, with the whole URL in the request line.
import { createServer } from "node:http";
import { file, noise, status } from "./origin.mjs";
import { listen } from "./listen.mjs";

const STYLE_PROXY = 1;
/** Options of `createServer`: a request to a proxy needs no `Host`. */
export const PROXY = { requireHostHeader: false };

/** Returns what the socket answers for a URL that `on` does not name. */
export const content = (url) => noise(1_000, url);

/** Makes the server listen and receive everything that a vault fetches: pass `change` to `startVault`. */
export async function listenOutside(server) {
  const { port, stop } = await listen(server);
  const external = { address: `127.0.0.1:${port}`, http: { style: STYLE_PROXY } };
  return { stop, change: (options) => ({ ...options, outboundService: { external } }) };
}

export async function startOutbound() {
  const steps = new Map();
  const ofPaths = new Map();
  const lines = [];
  const answer = (request, response) => {
    lines.push(`${request.method} ${request.url}`);
    const ofPath = ofPaths.get(request.url.split("?")[0]);
    const step = steps.get(request.url) ?? ofPath ?? file(content(request.url));
    step(response, request);
  };
  const server = createServer(PROXY, answer);
  server.on("connect", (request, socket) => {
    lines.push(`CONNECT ${request.url}`);
    socket.destroy();
  });
  server.on("clientError", (error, socket) => {
    lines.push(`unreadable: ${error.code}`);
    socket.destroy();
  });
  return {
    ...(await listenOutside(server)),
    /** Sets the step for this URL. */
    on: (url, step) => steps.set(url, step),
    /** Sets the step for this URL with any query that `on` does not name. */
    onAnyQuery: (url, step) => ofPaths.set(url, step),
    /** Returns the request lines since the last call. */
    seen: () => lines.splice(0),
  };
}

/** Returns a redirect whose `Location` has these bytes, valid or not. */
export const redirectTo = (location, code = 302) =>
  status(code, { location: Buffer.from(location).toString("latin1") });
