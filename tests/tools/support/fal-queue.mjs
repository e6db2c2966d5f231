// A queue with just the answers that fal's clients need. The simulator imitates another queue, whose answers lack some
// of them; this one shows what a client does with them.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

const LOGS = [{ message: "step 1", level: "INFO", source: "USER", timestamp: "2026-10-01T00:00:00Z" }];
/** A job's status at the first, the second, and any later request. */
const STATUSES = [{ status: "IN_QUEUE", queue_position: 0 }, { status: "IN_PROGRESS", logs: LOGS },
  { status: "COMPLETED", logs: LOGS, metrics: { inference_time: 1 } }];
const ROUTE = /^(?<model>.+?)(?:\/requests\/(?<id>[^/]+)(?<rest>\/.*)?)?$/;

/** @param {{ scheme?: "http" | "https" }} [options] the scheme of the URLs in answers, which clients use */
export async function startFalQueue({ scheme = "http" } = {}) {
  const requests = [];
  const asked = new Map();
  const streams = [];

  async function answer(request, response) {
    const { pathname, search } = new URL(request.url, "http://queue");
    const { model, id, rest = "" } = ROUTE.exec(pathname).groups;
    const body = request.method === "POST" ? await json(request) : undefined;
    requests.push({ line: `${request.method} ${pathname}${search}`, headers: request.headers, body });
    const send = (status, value) =>
      response.writeHead(status, { "content-type": "application/json", "x-fal-request-id": id ?? "" })
        .end(JSON.stringify(value));
    if (id === undefined) return send(200, submitted(request, model));
    if (rest === "/cancel") return send(202, { status: "CANCELLATION_REQUESTED" });
    if (rest === "") return send(200, { model, input: asked.get(id).input });
    if (rest === "/status/stream") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return void streams.push({ send: (value) => response.write(`data: ${JSON.stringify(value)}\n\n`),
        end: () => response.end() });
    }
    const job = asked.get(id);
    send(200, STATUSES[Math.min(job.times++, STATUSES.length - 1)]);
  }

  function submitted({ headers }, model) {
    const id = randomUUID();
    asked.set(id, { times: 0, input: requests.at(-1).body });
    const at = `${scheme}://${headers.host}${model}/requests/${id}`;
    return { request_id: id, response_url: at, status_url: `${at}/status`, cancel_url: `${at}/cancel`,
      queue_position: 0 };
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** All requests: `{ line, headers, body }`. */
    requests,
    lines: () => requests.map(({ line }) => line),
    /** The status streams that were opened: `{ send, end }`. */
    streams,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export { LOGS, STATUSES };
