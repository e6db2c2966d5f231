// Opens the live feed's WebSocket, in each runtime the way that it offers, and reads its messages one by one.
import { HookVaultError } from "./error.js";

/** A ping after so long a silence, in ms; its answer has as long to come. */
const SILENT_MS = 25_000;
const TICKET_S = 3_600;

/**
 * Resolves to an open socket with `next` and `close`.
 *
 * @param {string} [after] the cursor
 */
export async function openSocket(http, after, signal) {
  signal?.throwIfAborted();
  if (globalThis.navigator?.userAgent === "Cloudflare-Workers") return new Messages(await inWorker(http, after, signal));
  const ticket = isNode() || http.hasTicket() ? undefined : await liveTicket(http, signal);
  // The listeners are there before the socket can say anything.
  const messages = new Messages(connect(http, after, ticket && { ticket }));
  try {
    await messages.opened(signal);
    return messages;
  } catch (error) {
    messages.close();
    throw signal?.aborted ? error : await refusal(http, after, signal) ?? error;
  }
}

const isNode = () => Boolean(globalThis.process?.versions?.node);

/** A Worker asks with `fetch`, and reads the status. */
async function inWorker(http, after, signal) {
  const headers = { upgrade: "websocket" };
  const response = await http.once("/live", { query: { after }, headers, signal });
  if (!response.webSocket) throw await HookVaultError.from(response);
  response.webSocket.accept();
  return response.webSocket;
}

/** Node's WebSocket can send headers. */
const connect = (http, after, query) =>
  new WebSocket(String(http.url("/live", { after, ...query })).replace(/^http/, "ws"),
    isNode() ? { headers: http.access() } : undefined);

/** Makes a ticket for the URL: a browser's WebSocket sends no header. */
async function liveTicket(http, signal) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ scope: "live", ttl: TICKET_S });
  return (await http.json("/tickets", { method: "POST", headers, body, signal })).ticket;
}

/**
 * Asks why a connection failed, which no WebSocket says: the same request without an upgrade gets 426 if it would be
 * admitted. Returns undefined for that, and the error of `fetch` if hookvault can't be reached.
 */
async function refusal(http, after, signal) {
  const response = await http.once("/live", { query: { after }, signal }).catch((error) => error);
  if (response instanceof Error) return response;
  if (response.status === 426) return void await response.body?.cancel();
  return HookVaultError.from(response);
}

class Messages {
  #socket;
  #queue = [];
  #isOpen;
  #hasEnded = false;
  #wake = () => {};

  constructor(socket) {
    this.#socket = socket;
    // A Worker's socket is open, and says so only after `accept`.
    this.#isOpen = socket.readyState === 1;
    const on = (name, act) => socket.addEventListener(name, (event) => {
      act(event);
      this.#wake();
    });
    on("open", () => (this.#isOpen = true));
    on("message", ({ data }) => this.#queue.push(data));
    for (const name of ["close", "error"]) on(name, () => (this.#hasEnded = true));
  }

  async opened(signal) {
    while (!this.#isOpen && !this.#hasEnded) if (!(await this.#news(SILENT_MS, signal))) break;
    if (!this.#isOpen) throw new DOMException("hookvault can be reached, but not by WebSocket.", "NetworkError");
  }

  /** Resolves to the next message, or to undefined once the connection has ended. */
  async next(signal) {
    for (let isAsked = false; ;) {
      const text = this.#queue.shift();
      if (text !== undefined && text !== "pong") return JSON.parse(text);
      if (text === "pong") isAsked = false;
      else if (this.#hasEnded) return undefined;
      else if (!(await this.#news(SILENT_MS, signal))) {
        if (isAsked) return undefined;
        isAsked = true;
        this.#socket.send("ping");
      }
    }
  }

  /** Resolves to whether anything happened within `ms`. */
  #news(ms, signal) {
    return new Promise((resolve, reject) => {
      const end = (act) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
        this.#wake = () => {};
        act();
      };
      const stop = () => end(() => reject(signal.reason));
      const timer = setTimeout(() => end(() => resolve(false)), ms);
      this.#wake = () => end(() => resolve(true));
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    });
  }

  close() {
    this.#hasEnded = true;
    try {
      // Without a code the other side may not answer, and Node waits 10 s for that before the program can end.
      this.#socket.close(1_000);
    } catch {
      // It was never open.
    }
  }
}
