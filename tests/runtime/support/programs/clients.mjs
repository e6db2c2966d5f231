// The clients that users have, as the registries publish them, pointed at a server of the test in
// the ways that their users could point them.
import assert from "node:assert/strict";
import { createFalClient } from "@fal-ai/client";
import { certificate } from "../servers/certificate.mjs";
import { python } from "./python.mjs";

export { certificate, overTls, trustCertificate } from "../servers/certificate.mjs";
export { front, tlsFront } from "../servers/front.mjs";

/** Where it goes by itself; it reads no environment variable. */
const FAL_QUEUE = "https://queue.fal.run";

/**
 * fal's client for JavaScript.
 *
 * @param {object} options
 * @param {string} [options.url] of the server that stands in for the queue
 * @param {string} [options.prefix] of the queue's paths there
 * @param {string} [options.proxy] URL of a server proxy, which is sent everything instead
 * @param {string} [options.key] without one it sends no `Authorization`
 * @param {object} [options.more] of its own configuration
 */
export function falJs({ url, prefix = "", proxy, key, more = {} }) {
  const way = proxy ? { proxyUrl: { url: proxy, when: "always" } }
    : { requestMiddleware: async (request) => ({ ...request, url: moved(request.url, url + prefix) }) };
  return createFalClient({ credentials: key, ...way, ...more });
}

/** A test must not reach the internet, whatever it asks of the client. */
function moved(from, to) {
  assert.ok(from.startsWith(`${FAL_QUEUE}/`), `not a URL of the queue: ${from}`);
  return to + from.slice(FAL_QUEUE.length);
}

/**
 * fal's client for Python: runs a script that has `fal_client` imported, as well as `json`.
 *
 * @param {string} script
 * @param {object} options
 * @param {string} options.host `host:port[/prefix]` of a server with our certificate
 * @param {string} options.key
 * @param {Record<string, string>} [options.env]
 * @param {number} [options.limitMs]
 */
export function falPython(script, { host, key, env = {}, limitMs }) {
  const own = {
    FAL_KEY: key,
    FAL_QUEUE_RUN_HOST: host,
    // Whatever else it would ask, `run` and uploads, finds no one.
    FAL_RUN_HOST: "localhost:1",
    SSL_CERT_FILE: certificate().path,
    NO_PROXY: "*",
  };
  const imports = "import json\nimport fal_client\n";
  return python(imports + script, { env: { ...own, ...env }, limitMs });
}

/** What a script of `falPython` printed as one line of JSON; its failure fails the test. */
export async function told(running) {
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}
