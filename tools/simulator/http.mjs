// What every handler needs of HTTP, and nothing about queues.

/** Inputs may hold images as base64; more than this is a mistake of the caller. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** An error meant for the caller: its detail names the value that was wrong. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {unknown} detail text, or what a failed job left as its error
   * @param {{ body?: unknown, headers?: Record<string, string> }} [answer] `body`: the JSON to
   *   answer with instead of the detail
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
 * @returns {string} the value as it goes into an error's detail, cut to a readable length
 */
export function shown(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {{ status: number, json?: unknown, text?: string, headers?: Record<string, string> }}
 *   answer `json` as text is sent as it is: it is JSON whose numbers must not be touched
 */
export function send(response, { status, json, text, headers = {} }) {
  if (json === undefined && text === undefined) return response.writeHead(status, headers).end();
  const type = text === undefined ? "application/json" : "text/plain; charset=utf-8";
  const body = text ?? (typeof json === "string" ? json : JSON.stringify(json));
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "content-type": type, "content-length": length, ...headers });
  response.end(body);
}
