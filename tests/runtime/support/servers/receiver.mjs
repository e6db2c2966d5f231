// A client's own webhook endpoint. It keeps the requests, and answers as the test says.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { eventually } from "../wait.mjs";
import { listen } from "./listen.mjs";

/**
 * @typedef {object} Answer
 * @property {number} [status] 200 by default
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 * @property {number} [delayMs] delays the response
 * @property {boolean} [reset] resets the connection instead, after the same delay
 * @property {boolean} [never] sends no response; the connection stays open
 */

/** @param {{ usual?: Answer }} [options] `usual`: the answer while `answers` is empty */
export async function startReceiver({ usual = {} } = {}) {
  const requests = [];
  const answers = [];
  const step = async (response, request) => {
    const at = Date.now();
    const body = await text(request).catch(() => undefined);
    // The sender left before the body ended.
    if (body === undefined) return;
    const { method, url, headers } = request;
    const path = new URL(url, "http://receiver").pathname;
    requests.push({ at, method, path, url, headers, body, json: parsed(body) });
    give(response, answers.shift() ?? usual);
  };
  const server = createServer((request, response) => void step(response, request));
  return {
    ...(await listen(server)),
    /**
     * The complete requests in the order of their ends: `{ at, method, path, url, headers, body, json }`. `at` is the
     * time in ms when the headers had arrived; `json` is undefined if the body is not JSON.
     */
    requests,
    /** The answers to come, first in first out: push to it. @type {Answer[]} */
    answers,
    /** A step for `startOutbound` and `startOrigin`: the same receiver under another URL. */
    step,
    /** Returns the requests, once there are `n`. */
    received: (n, options) => eventually(`${n} requests came`,
      () => (requests.length >= n ? [...requests] : undefined), options),
  };
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function give(response, { status = 200, headers = {}, body = "", delayMs = 0, reset, never }) {
  if (never) return;
  const timer = setTimeout(() => {
    if (reset) response.socket.resetAndDestroy();
    else response.writeHead(status, headers).end(body);
  }, delayMs);
  // The client has left.
  response.on("close", () => clearTimeout(timer));
}
