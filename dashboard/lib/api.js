// The Worker's API, as the signed-in user may call it.
import { learnTime } from "./clock.js";

/** A failed request: what the API said, or that nothing answered. */
export class Refusal extends Error {
  constructor(status, title, detail, code = "") {
    super(detail);
    [this.status, this.title, this.code] = [status, title, code];
  }

  /** Tells whether the secret that guards the API is not set. */
  get isSetup() {
    return this.code === "not-configured" && /^API_TOKEN\b/.test(this.message);
  }

  /** Tells whether the same request may succeed later. */
  get isPassing() {
    return this.status === 0 || (this.status >= 500 && this.code !== "not-configured");
  }
}

export class Api {
  /**
   * @param {{ token?: string, ticket?: string }} right the credential for the API
   * @param {(refusal: Refusal) => void} [lost] called when the credential is no longer valid
   */
  constructor(right, lost = () => {}) {
    [this.right, this.lost] = [right, lost];
  }

  get isGuest() {
    return this.right.ticket !== undefined;
  }

  /** Returns the body of a JSON response. */
  async json(path, options) {
    return (await this.send(path, options)).json();
  }

  /** Returns the body as text: JSON whose numbers must stay exact. */
  async text(path, options) {
    return (await this.send(path, options)).text();
  }

  /** Sends a `POST` with JSON, or without a body. */
  post(path, body) {
    return this.send(path, { method: "POST", body: body && JSON.stringify(body) });
  }

  /** Returns the response if it is successful; throws a `Refusal` otherwise. */
  async send(path, { method = "GET", body, signal, ...init } = {}) {
    const answer = await fetch(this.#url(path), {
      ...init, method, body, signal, headers: this.#headers(), cache: "no-store", redirect: "error",
    }).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Refusal(0, "No answer", "the Worker can't be reached");
    });
    learnTime(answer);
    if (answer.ok) return answer;
    const refusal = await explain(answer);
    if (answer.status === 401 || refusal.isSetup) this.lost(refusal);
    throw refusal;
  }

  #headers() {
    const { token } = this.right;
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  #url(path) {
    const { ticket } = this.right;
    return ticket ? `${path}${path.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(ticket)}` : path;
  }
}

async function explain(answer) {
  const problem = await answer.json().catch(() => ({}));
  const detail = problem.detail ?? `the answer is ${answer.status}`;
  return new Refusal(answer.status, problem.title ?? answer.statusText, detail, problem.code);
}

/** Returns a query with the values that are set; `""` without any. */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return set.length === 0 ? "" : `?${new URLSearchParams(set.map(([key, value]) => [key, String(value)]))}`;
}

/** Returns the path of a job, or of a part of it. */
export const jobPath = (id, rest = "") => `/jobs/${encodeURIComponent(id)}${rest}`;
