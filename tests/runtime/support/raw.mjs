// Sends requests whose path goes out exactly as written; `fetch` would normalize it.
import { once } from "node:events";
import { request } from "node:http";

/** Returns the status, headers and text of the response. */
export async function raw(base, method, path, headers = {}) {
  const { hostname, port } = new URL(base);
  const sent = request({ hostname, port, method, path, headers, agent: false });
  sent.end();
  const [answer] = await once(sent, "response");
  const chunks = await answer.toArray();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: Buffer.concat(chunks).toString(),
  };
}
