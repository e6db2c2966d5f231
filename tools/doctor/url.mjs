// Reads the vault's URL as it was typed. If it is wrong, says what is wrong, and which URL would be right.
import { commandFor } from "../setup/command.mjs";
import { Failure } from "../setup/run.mjs";
import { isLoopback } from "./ask.mjs";

const EXAMPLE = "https://hookvault.you.workers.dev";
const SCHEME = /^([a-z][a-z0-9+.-]*):\/*/i;

/**
 * Returns the vault's URL, without a path.
 *
 * @param {string} text
 * @param {string} [command] what the message about a wrong URL shows before the right one
 */
export function vaultUrl(text, command = commandFor("doctor")) {
  try {
    return checked(text);
  } catch (error) {
    throw error instanceof Wrong ? new Failure(`${error.message}:\n  ${command} ${error.fix}`) : error;
  }
}

class Wrong extends Error {
  constructor(what, fix) {
    super(what);
    this.fix = fix;
  }
}

function checked(text) {
  const url = read(text) ?? refuse("That is not a URL", EXAMPLE);
  if (url.username || url.password) refuse("The URL has a user name", `${url.protocol}//${url.host}`);
  if (/\/hook\b/.test(url.pathname)) refuse("Give the vault's URL without /hook and its token", url.origin);
  return new URL(url.origin);
}

function read(text) {
  if (/[<>]/.test(text)) refuse("The URL still has a placeholder in <…>. Put your own name there", EXAMPLE);
  if (/^https?:\/\//i.test(text)) return URL.canParse(text) ? new URL(text) : undefined;
  const bare = guessed(text);
  // `localhost:8787` looks like a scheme; but a scheme is not followed by a port.
  const isHost = /^[^/]+:\d+(\/|$)/.test(text) || !SCHEME.test(text);
  if (bare && isHost) refuse(`${bare.host} lacks http:// or https:// at its beginning`, bare.origin);
  if (SCHEME.test(text)) refuse(`${SCHEME.exec(text)[1]}: is not the scheme of a vault's URL`, EXAMPLE);
  return undefined;
}

/** Guesses the URL of a host without a scheme: http for this machine only. */
function guessed(text) {
  const [http, https] = ["http", "https"].map((scheme) => `${scheme}://${text}`);
  if (!URL.canParse(https)) return undefined;
  const url = new URL(https);
  return isLoopback(url) ? new URL(http) : url;
}

function refuse(what, fix) {
  throw new Wrong(what, fix);
}
