// The errors of the client.

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
    const text = await response.text();
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
