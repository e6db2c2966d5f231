// Sends the doctor's requests. It follows no redirect, gives each a time limit, and puts errors into words.

const LIMIT_MS = 30_000;

/** Words for the codes of failed connections. */
const WORDS = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the host does not exist",
  EAI_AGAIN: "the host's name can't be looked up",
  ECONNRESET: "the connection was closed",
  EPIPE: "the connection was closed",
  UND_ERR_SOCKET: "the connection was closed",
  ETIMEDOUT: "there is no answer",
  UND_ERR_CONNECT_TIMEOUT: "there is no answer",
};

/** Why a connection failed: a message, and `isCertificate`. */
export class Unanswered extends Error {
  constructor(error) {
    const code = error.cause?.code ?? error.code ?? error.name;
    const isLate = error.name === "TimeoutError";
    super(isLate ? `no answer within ${LIMIT_MS / 1_000} s` : (WORDS[code] ?? `${error.cause?.message ?? error.message}`));
    this.isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|EPROTO/.test(code);
  }
}

/** Sends one request, reads the body, and measures the time. */
export async function ask(url, { token, ...init } = {}) {
  const from = Date.now();
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...init.headers };
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const response = await fetch(url, { ...init, headers, signal, redirect: "manual" });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, from, ms: Date.now() - from };
  } catch (error) {
    throw new Unanswered(error);
  }
}

/** Returns a response's JSON; `{}` if it is not an object. */
export function json({ bytes }) {
  try {
    const value = JSON.parse(bytes.toString("utf8"));
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}

export const isRedirect = ({ status }) => status >= 300 && status < 400;

/** Returns where a redirect leads: only the origin, because a hook's path is a secret. */
export function leadsTo({ headers }) {
  const location = headers.get("location") ?? "";
  return URL.canParse(location) ? new URL(location).origin : "another path";
}

/** Tells whether requests to this URL stay on this machine. */
export const isLoopback = ({ hostname }) =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
