// A proxy before a queue, which holds answers to submissions back until the test releases them. The queue has accepted
// the job, and no client knows.
import { createServer, request as ask } from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "./listen.mjs";

export async function startHolder(target) {
  const { hostname, port } = new URL(target);
  let [isHeld, waiting] = [false, []];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const onward = ask({ hostname, port, method, path: url, headers }, async (answer) => {
      const body = await buffer(answer);
      const tell = () => response.writeHead(answer.statusCode, answer.headers).end(body);
      if (isHeld && method === "POST") waiting.push(tell);
      else tell();
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  return {
    ...(await listen(server)),
    hold: () => (isHeld = true),
    /** Returns how many answers wait. */
    held: () => waiting.length,
    release() {
      const all = waiting;
      [isHeld, waiting] = [false, []];
      for (const tell of all) tell();
    },
  };
}
