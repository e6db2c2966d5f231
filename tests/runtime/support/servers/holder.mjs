// A door before a queue that holds its answers to submissions back until the test lets them go: the
// queue has taken the job, and no one has been told.
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
    /** How many answers wait. */
    held: () => waiting.length,
    release() {
      const all = waiting;
      [isHeld, waiting] = [false, []];
      for (const tell of all) tell();
    },
  };
}
