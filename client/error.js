// The errors of the client.

/** The most characters of an error's text that are read: another server's may never end. */
const MOST = 65_536;

/**
 * An error that hookvault answered. `code` is one of the codes in docs/errors.md; an answer of the queue itself has no
 * code.
 */
export class HookVaultError extends Error {
  /** @param {{ status: number, code?: string, title?: string, detail?: string, retryAfter?: number, error?: unknown }} told */
  constructor({ status, code, title, detail, retryAfter, error }) {
    super([`${status}${code ? ` ${code}` : ""}`, detail || title].filter(Boolean).join(": "));
    this.name = "HookVaultError";
    /** The HTTP status. */
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    /** Seconds until a repetition makes sense, if the answer says so. */
    this.retryAfter = retryAfter;
    /** The queue's own error, of a job that has failed. */
    this.error = error;
  }

  /** Reads a response that is not a success. @param {Response} response */
  static async from(response) {
    if (isRedirect(response)) return redirected(response);
    const text = await beginning(response.body);
    const { status, statusText, headers } = response;
    const told = parsed(text);
    return new HookVaultError({
      status, code: string(told.code), title: string(told.title) ?? (statusText || undefined),
      detail: string(told.detail) ?? string(told.message) ?? (text.slice(0, 500) || undefined),
      retryAfter: seconds(headers.get("retry-after")), error: told.error,
    });
  }
}

const string = (value) => (typeof value === "string" ? value : undefined);

/** A browser shows nothing of a redirect but its type. */
const isRedirect = ({ status, type }) => type === "opaqueredirect" || (status >= 300 && status < 400);

/** Names only the origin of the target: its path may have a secret. */
function redirected({ status, headers }) {
  const target = headers.get("location") ?? "";
  const where = URL.canParse(target) ? new URL(target).origin : "another address";
  return new HookVaultError({ status, title: `the URL leads to ${where}, and no redirect is followed. If that is your vault, give its URL` });
}

async function beginning(body) {
  const [reader, decoder] = [body?.getReader(), new TextDecoder()];
  let text = "";
  while (reader && text.length < MOST) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
  reader?.cancel().catch(() => {});
  return text;
}

function parsed(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Reads `Retry-After`, which is a number of seconds or a date. */
function seconds(header) {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1_000));
}
