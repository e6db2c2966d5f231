// Sends the client's requests, and repeats those that failed on the way.
import { HookVaultError } from "./error.js";
import { backoff, pause } from "./pause.js";

/** Errors that end by themselves. */
const PASSING = new Set(["platform-failed", "not-ready"]);

/** Tells whether a repetition may succeed: the connection broke, or hookvault says so. */
export const isPassing = (error) => !(error instanceof HookVaultError) || PASSING.has(error.code);

export class Http {
  /** The URL without a slash at its end. */
  base;
  #token;
  #ticket;
  #fetch;
  #retries;
  /** The pause before the first repetition, in ms. */
  pauseMs;

  constructor({ url, token, ticket, fetch = (...given) => globalThis.fetch(...given), retries = 2, pauseMs = 500 }) {
    const { protocol, origin, pathname } = new URL(url);
    if (!/^https?:$/.test(protocol)) throw new TypeError(`hookvault's URL begins with https, not ${protocol}`);
    this.base = origin + pathname.replace(/\/+$/, "");
    [this.#token, this.#ticket, this.#fetch, this.#retries] = [token, ticket, fetch, retries];
    this.pauseMs = pauseMs;
  }

  /** Returns the URL of a path, with the parameters that are set. Lists are joined by commas. */
  url(path, query = {}) {
    const url = new URL(this.base + path);
    const all = { ticket: this.#ticket, ...query };
    for (const [name, value] of Object.entries(all)) if (value != null) url.searchParams.set(name, String(value));
    return url;
  }

  /** Returns the headers that give access: none if the client has a ticket, which is in the URL. */
  access() {
    return this.#token && !this.#ticket ? { authorization: `Bearer ${this.#token}` } : {};
  }

  hasTicket() {
    return this.#ticket != null;
  }

  /**
   * Asks a route, and returns a response that is a success. It follows no redirect, so that nothing is sent elsewhere.
   *
   * @returns {Promise<Response>}
   */
  send(path, { query, headers, ...init } = {}) {
    return this.ask(this.url(path, query), { ...init, redirect: "manual", headers: { ...this.access(), ...headers } });
  }

  /** Asks a URL without any access of the client's own. */
  async ask(url, init) {
    for (let failures = 0; ; failures += 1) {
      try {
        const response = await this.#fetch(url, init);
        if (response.ok) return response;
        throw await HookVaultError.from(response);
      } catch (error) {
        if (init.signal?.aborted || failures >= this.#retries || !isPassing(error)) throw error;
        const wanted = (error.retryAfter ?? 0) * 1_000;
        await pause(Math.max(wanted, backoff(this.pauseMs, failures)), init.signal);
      }
    }
  }

  async json(path, options) {
    return (await this.send(path, options)).json();
  }

  /** Asks without repetition, and returns any response. */
  once(path, { query, headers, ...init } = {}) {
    return this.#fetch(this.url(path, query), { ...init, redirect: "manual", headers: { ...this.access(), ...headers } });
  }
}
