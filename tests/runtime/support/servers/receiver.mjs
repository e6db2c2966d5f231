// A client's own webhook endpoint: keeps what it is sent, and answers as the test says.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { eventually } from "../wait.mjs";
import { listen } from "./listen.mjs";

/**
 * @typedef {object} Answer
 * @property {number} [status] 200 if it is left out
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 * @property {number} [delayMs] how late it comes
 * @property {boolean} [reset] the connection is reset instead, as late
 * @property {boolean} [never] nothing is answered; the connection stays open
 */

/** @param {{ usual?: Answer }} [options] `usual`: what is answered when `answers` is empty */
export async function startReceiver({ usual = {} } = {}) {
  const requests = [];
  const answers = [];
  const step = async (response, request) => {
    const at = Date.now();
    const body = await text(request).catch(() => undefined);
    // The sender went away in the middle.
    if (body === undefined) return;
    const { method, url, headers } = request;
    const path = new URL(url, "http://receiver").pathname;
    requests.push({ at, method, path, url, headers, body, json: parsed(body) });
    give(response, answers.shift() ?? usual);
  };
  const server = createServer((request, response) => void step(response, request));
  return {
    ...(await listen(server)),
    /** Whole requests in the order of their ends: `{ at, method, path, url, headers, body, json }`,
     *  `at` in ms when its head was there, `json` undefined if the body is none. */
    requests,
    /** The answers to come, first in first out: push to it. @type {Answer[]} */
    answers,
    /** For `startOutbound` and `startOrigin`: the same receiver under another URL. */
    step,
    /** The requests, as soon as there are `n`. */
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
  // Nobody waits for it any more.
  response.on("close", () => clearTimeout(timer));
}
