// The clients that users have, as the registries publish them. Each is pointed at the test's server in a way that its
// users have.
import assert from "node:assert/strict";
import { createFalClient } from "@fal-ai/client";
import { certificate } from "../servers/certificate.mjs";
import { python } from "./python.mjs";

export { certificate, overTls, trustCertificate } from "../servers/certificate.mjs";
export { front, tlsFront } from "../servers/front.mjs";

/** The host that the client uses; it reads no environment variable. */
const FAL_QUEUE = "https://queue.fal.run";

/**
 * Returns fal's client for JavaScript.
 *
 * @param {object} options
 * @param {string} [options.url] the server that stands in for the queue
 * @param {string} [options.prefix] of the queue's paths there
 * @param {string} [options.proxy] URL of a server proxy, which gets everything instead
 * @param {string} [options.key] without one the client sends no `Authorization`
 * @param {object} [options.more] of the client's own configuration
 */
export function falJs({ url, prefix = "", proxy, key, more = {} }) {
  const way = proxy ? { proxyUrl: { url: proxy, when: "always" } }
    : { requestMiddleware: async (request) => ({ ...request, url: moved(request.url, url + prefix) }) };
  return createFalClient({ credentials: key, ...way, ...more });
}

/** Moves a URL to the test's server, and fails for any other URL: a test must not reach the internet. */
function moved(from, to) {
  assert.ok(from.startsWith(`${FAL_QUEUE}/`), `not a URL of the queue: ${from}`);
  return to + from.slice(FAL_QUEUE.length);
}

/**
 * Runs a script with fal's client for Python: it has `fal_client` and `json` imported.
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
    // Other requests, such as direct runs and uploads, reach no server.
    FAL_RUN_HOST: "localhost:1",
    SSL_CERT_FILE: certificate().path,
    NO_PROXY: "*",
  };
  const imports = "import json\nimport fal_client\n";
  return python(imports + script, { env: { ...own, ...env }, limitMs });
}

/** Returns what a script of `falPython` printed as one line of JSON. If the script fails, the test fails. */
export async function told(running) {
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}
