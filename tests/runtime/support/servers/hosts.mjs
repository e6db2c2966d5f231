// One server that plays all hosts that a vault asks, and keeps the requests to each URL.
import { createServer } from "node:http";
import { listenOutside, PROXY } from "./outbound.mjs";

/** Starts the server: pass its `change` to `startVault`. A URL that `on` does not name answers 404. */
export async function startHosts() {
  const [steps, requests] = [new Map(), []];
  const server = createServer(PROXY, async (request, response) => {
    const { method, url, headers } = request;
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ at: Date.now(), method, url, headers, body: Buffer.concat(chunks).toString() });
    const step = steps.get(url) ?? ((_, response) => response.writeHead(404).end());
    step(request, response);
  });
  return {
    ...(await listenOutside(server)),
    /** Sets what a URL answers, one step for each request; the last one stays. */
    on: (url, ...answers) => steps.set(url, (request, response) =>
      (answers.length > 1 ? answers.shift() : answers[0])(response, request)),
    requests: (url) => requests.filter((request) => request.url === url),
    all: () => requests,
  };
}

/** Returns a step that answers with JSON. */
export const say = (body, status = 200, headers = {}) => (response) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
