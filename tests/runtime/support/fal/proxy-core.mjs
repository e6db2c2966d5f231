// Runs fal's own server proxy: the core of its package, called as its adapters call it. What it fetches is recorded,
// and the test answers it.
import { handleRequest } from "@fal-ai/server-proxy";

/**
 * Returns what fal's core answers to a request, and what it sent, if anything.
 *
 * @param {object} call
 * @param {string} call.method
 * @param {Record<string, string>} call.headers in lower case
 * @param {string} [call.body]
 * @param {(given: string | undefined) => boolean} call.accepts whether this `authorization` is valid
 * @param {string} call.key is sent in its place
 * @param {() => Response} call.answer fal's response
 */
export async function askCore({ method, headers, body, accepts, key, answer }) {
  let sent;
  const told = {};
  const original = globalThis.fetch;
  globalThis.fetch = async (url, init) => {
    // Refuses what it cannot send, as the real `fetch` does.
    const request = new Request(url, init);
    sent = { method, url: request.url, headers: plain(init.headers), body: init.body };
    return answer();
  };
  try {
    return await handleRequest({
      id: "test",
      method,
      getHeaders: () => headers,
      getHeader: (name) => headers[name] ?? null,
      getRequestBody: async () => body,
      sendHeader: (name, value) => (told[name] = value),
      respondWith: (status, data) => ({ status, body: JSON.stringify(data), sent }),
      sendResponse: async (response) =>
        ({ status: response.status, headers: told, body: await response.text(), sent }),
    }, {
      allowedEndpoints: ["**"],
      allowUnauthorizedRequests: false,
      isAuthenticated: async (behavior) => accepts(behavior.getHeader("authorization") ?? undefined),
      resolveFalAuth: async () => key,
    });
  } catch (error) {
    return { threw: error.message, sent };
  } finally {
    globalThis.fetch = original;
  }
}

const plain = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
