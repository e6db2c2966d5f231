// What every handler needs from HTTP; nothing here knows about queues.

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Inputs may hold images as base64; a longer body is a mistake of the client. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** An error for the client: its detail names the value that was wrong. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {unknown} detail a text, or the error of a failed job
   * @param {{ body?: unknown, headers?: Record<string, string> }} [answer] `body`: the JSON to answer with instead of
   *   the detail
   */
  constructor(status, detail, { body = { detail }, headers } = {}) {
    super(typeof detail === "string" ? detail : JSON.stringify(detail));
    Object.assign(this, { status, detail, body, headers });
  }
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @returns {Promise<string>} the body as text
 */
export async function readText(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_INPUT_BYTES) throw new HttpError(413, `body over ${MAX_INPUT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * @param {string} text
 * @param {string} what names the text in the error
 * @returns {unknown}
 */
export function parseJson(text, what) {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, `${what} is not JSON: ${shown(text)}`);
  }
}

/**
 * @param {unknown} value
 * @returns {string} the value for an error's detail, cut to a readable length
 */
export function shown(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {{ status: number, json?: unknown, text?: string, stream?: ReadableStream, headers?: Record<string, string> }}
 *   answer a string in `json` is JSON already, and is sent unchanged to keep its numbers
 */
export function send(response, { status, json, text, stream, headers = {} }) {
  if (stream) return void pipeline(Readable.fromWeb(stream), response.writeHead(status, headers)).catch(() => {});
  if (json === undefined && text === undefined) return response.writeHead(status, headers).end();
  const type = text === undefined ? "application/json" : "text/plain; charset=utf-8";
  const body = text ?? (typeof json === "string" ? json : JSON.stringify(json));
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "content-type": type, "content-length": length, ...headers });
  response.end(body);
}
