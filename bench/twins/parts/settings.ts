// The settings, read once for each environment.
import type { Env } from "./env";

const MEBIBYTE = 1_024 * 1_024;

export interface Settings {
  hookTokens: string[];
  apiTokens: string[];
  readTokens: string[];
  maxBodyBytes: number;
  maxFileBytes: number;
  /** The first pause between two tries, in ms; the others are multiples of it. */
  paceMs: number;
}

let known: { env: Env; settings: Settings } | undefined;

export function settingsOf(env: Env): Settings {
  if (known?.env !== env) known = { env, settings: read(env) };
  return known.settings;
}

function read(env: Env): Settings {
  const list = (text: string | undefined) =>
    (text ?? "").split(",").map((token) => token.trim()).filter((token) => token !== "");
  const apiTokens = list(env.API_TOKEN);
  return {
    hookTokens: list(env.HOOK_TOKEN),
    apiTokens,
    readTokens: [...apiTokens, ...list(env.READ_TOKEN)],
    maxBodyBytes: Number(env.MAX_BODY_BYTES ?? 32 * MEBIBYTE),
    maxFileBytes: Number(env.MAX_FILE_BYTES ?? 5 * 1_024 * MEBIBYTE),
    paceMs: Number(env.RETRY_BASE_MS ?? 2_000),
  };
}

const encoder = new TextEncoder();

/** Tells whether a text is one of the tokens. The time that this takes reveals nothing about them. */
export function isOneOf(given: string, tokens: string[]): boolean {
  const bytes = encoder.encode(given);
  return tokens.some((token) => {
    const wanted = encoder.encode(token);
    return bytes.byteLength === wanted.byteLength && crypto.subtle.timingSafeEqual(bytes, wanted);
  });
}
