// Fetches a file's bytes as they are stored, and goes on where an earlier connection broke.
import { Agent, get as getHttp } from "node:http";
import { Agent as TlsAgent, get as getHttps } from "node:https";
import { HookVaultError } from "../../client/error.js";
import { Failure } from "../../tools/setup/run.mjs";
import { Broken, Stale } from "./errors.mjs";
import { keepTrying } from "./retry.mjs";

/** A connection without a byte for so long is taken for broken, in ms. */
const SILENT_MS = 60_000;
/** The most bytes of an error's text that are read. */
const MOST_ERROR_BYTES = 65_536;
/** The answers that a renewed record may explain. */
const GONE = new Set([404, 410, 412, 416]);

export class Transfer {
  #agents;
  #signal;
  #retries;
  #onBytes;

  /** @param {{ parallel: number, signal: AbortSignal, retries: number, onBytes: (count: number) => void }} options */
  constructor({ parallel, signal, retries, onBytes }) {
    const options = { keepAlive: true, maxSockets: parallel };
    this.#agents = { "http:": [getHttp, new Agent(options)], "https:": [getHttps, new TlsAgent(options)] };
    [this.#signal, this.#retries, this.#onBytes] = [signal, retries, onBytes];
  }

  /** Fetches what a part lacks. Returns the `Content-Encoding` of the bytes, if they have one. */
  async fill(part, file) {
    let coding;
    const isComplete = () => part.length === file.size;
    const attempt = async () => {
      if (!isComplete()) coding = await this.#once(part, file);
    };
    await keepTrying(attempt, { retries: this.#retries, signal: this.#signal, progress: () => part.length });
    return coding;
  }

  close() {
    for (const [, agent] of Object.values(this.#agents)) agent.destroy();
  }

  async #once(part, file) {
    if (!file.etag && part.length > 0) await part.reset();
    const response = await this.#ask(file, part.length);
    try {
      await expectFile(response, part, file);
      await receive(response, (chunk) => {
        if (file.size !== null && part.length + chunk.length > file.size) throw otherSize(file);
        part.write(chunk);
        this.#onBytes(chunk.length);
      });
    } catch (error) {
      if (error instanceof Failure || error instanceof Stale || error instanceof HookVaultError) throw error;
      throw new Broken(error);
    } finally {
      response.destroy();
    }
    if (file.size !== null && part.length !== file.size) throw otherSize(file);
    return response.headers["content-encoding"];
  }

  /** Sends a request. `fetch` would decode the body, which then would not fit the ETag. */
  #ask({ url, etag }, from) {
    const { protocol } = new URL(url);
    const [get, agent] = this.#agents[protocol];
    const headers = { "accept-encoding": "gzip, deflate, br", ...(from > 0 && { range: `bytes=${from}-`, "if-range": `"${etag}"` }) };
    const { promise, resolve, reject } = Promise.withResolvers();
    const request = get(url, { agent, headers, signal: this.#signal }, resolve);
    request.setTimeout(SILENT_MS, () => request.destroy(new Error(`not a byte for ${SILENT_MS / 1_000} s`)));
    request.on("error", (error) => reject(new Broken(error)));
    return promise;
  }
}

/** Passes each piece of a body on as it comes. A stream's own buffer would lose what it holds when the connection breaks. */
function receive(response, take) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const fail = (error) => {
    reject(error);
    response.off("data", pass).destroy();
  };
  const pass = (chunk) => {
    try {
      take(chunk);
    } catch (error) {
      fail(error);
    }
  };
  response.on("data", pass).on("end", resolve).on("error", reject).on("close", () => reject(response.errored ?? new Error("the connection was closed")));
  if (response.destroyed) fail(response.errored ?? new Error("the connection was closed"));
  return promise;
}

/** Checks that a response has the bytes that follow those of the part. */
async function expectFile(response, part, file) {
  const { statusCode, headers } = response;
  if (statusCode !== 200 && statusCode !== 206) throw await refusal(response);
  const etag = headers.etag?.replace(/^W\//, "");
  if (etag && file.etag && etag !== `"${file.etag}"`) throw new Stale(new Failure(`hookvault sends another file than its record names: ETag ${etag}`));
  if (statusCode === 200) {
    if (part.length > 0) await part.reset();
  } else {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
    if (Number(first) !== part.length || part.length === 0) throw new Failure("hookvault sends another range than it was asked for");
    if (total !== "*" && file.size !== null && Number(total) !== file.size) throw otherSize(file);
  }
  const length = headers["content-length"];
  if (length !== undefined && file.size !== null && part.length + Number(length) !== file.size) throw otherSize(file);
}

const otherSize = ({ size }) => new Stale(new Failure(`hookvault sends more or less than the ${size} bytes that its record names`));

/** Reads an answer that is no file. */
async function refusal(response) {
  const { statusCode: status, statusMessage: statusText, headers } = response;
  if (status >= 300 && status < 400) return new Failure(`the link leads elsewhere (${status}), and no redirect is followed`);
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MOST_ERROR_BYTES) break;
  }
  const retryAfter = headers["retry-after"];
  const answer = new Response(text, { status: status < 200 ? 502 : status, statusText, headers: retryAfter ? { "retry-after": retryAfter } : {} });
  const error = await HookVaultError.from(answer);
  return GONE.has(status) ? new Stale(error) : error;
}
