// The upstream queue as a server on loopback. One port serves both hosts of the upstream: batch.pipelet.net is
// `{url}/queue`, api.pipelet.ai is `{url}/fal`. Other senders are below `{url}/as`, or each at a port of its own.

import { once } from "node:events";
import { createServer } from "node:http";
import { Outputs } from "./files/outputs.mjs";
import { answer } from "./routes.mjs";
import { Simulator } from "./simulator.mjs";

/**
 * Starts the simulator. A completed job speaks the dialect that its knob names. Without that, it speaks `today` if it
 * was submitted with `x-pipelet-output: binary`, else `base64`, as the upstream does.
 *
 * @param {object} options
 * @param {number} [options.port] 0 takes any free port on loopback
 * @param {{ url: string, accessKey: string, secretKey: string, bucket: string }} options.s3 what `startS3` returns
 * @param {string | string[]} [options.token] accepted as `Bearer` or `Key`
 * @param {Record<string, unknown>} [options.knobs] replace the start values of `knobs.mjs`
 * @param {number} [options.firstId] the first id of the batch queue
 * @param {(line: string) => void} [options.log]
 * @returns {Promise<{ url: string, port: number, originOf: (sender: string) => Promise<string>, idle: () =>
 *   Promise<void>, close: (options?: { abandon?: boolean }) => Promise<void> }>} `originOf` starts a server whose root is
 *   a played sender's; `idle` resolves when no job, timer or webhook is pending; `close` stops all of them, and rejects
 *   if any was pending and `abandon` is not set
 */
export async function startSimulator({ port = 0, s3, token = "dev-upstream-key", knobs = {},
  firstId = 437_852, log = () => {} }) {
  const outputs = new Outputs(s3);
  const simulator = new Simulator({ outputs, tokens: [token].flat(), knobs, firstId, log });
  const servers = [];
  const listen = async (at, rootOf) => {
    const server = createServer((request, response) => void answer(simulator, below(rootOf, request), response));
    servers.push(server.listen(at, "127.0.0.1"));
    await once(server, "listening");
    return server.address().port;
  };
  const bound = await listen(port);
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    originOf: async (sender) => `http://127.0.0.1:${await listen(0, sender)}`,
    idle: () => simulator.work.idle(),
    close: ({ abandon = false } = {}) => close(servers, simulator, abandon),
  };
}

/** Moves a request to the root of a sender's own server below `/as`, where its routes are. */
function below(rootOf, request) {
  if (rootOf === undefined) return request;
  return Object.assign(request, { rootOf, url: `/as/${rootOf}${request.url}` });
}

async function close(servers, simulator, abandon) {
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  for (const server of servers) server.closeAllConnections();
  const left = await simulator.work.stop();
  await Promise.all(closed);
  if (left.length > 0 && !abandon) {
    throw new Error(`the simulator was closed with work left: ${left.join(", ")}`);
  }
}
