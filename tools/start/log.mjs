// What `npm start` says while it runs: a line a request, and what the Worker and the runtime tell.
import { stripVTControlCharacters } from "node:util";
import { Log, LogLevel } from "miniflare";
import { colours, plain } from "../terminal.mjs";

/** What opens something, by where it stands in a path. */
const OPENS = [/^(\/*hook\/+)[^/]+/, /^(\/*files\/+[^/]+\/+)[^/]+/, /^(\/*fal\/+proxy\/+)[^/]+/];
/** Shorter values would hide what is no secret. */
const MIN_SECRET = 8;
/** As miniflare says it: `GET /healthz 200 OK (3ms)`. */
const REQUEST = /^([A-Z]+) (\S+) (\d{3}) .*\((\d+)ms\)/;

/** The values of variables that are secrets; each may be a list. */
export function secretsOf(vars) {
  const values = Object.entries(vars).filter(([name]) => /TOKEN|SECRET|KEY/.test(name)).map(([, value]) => value);
  return values.flatMap((value) => value.split(",")).map((value) => value.trim()).filter(({ length }) => length >= MIN_SECRET);
}

/** A path without what opens something, and without what a terminal would obey. */
export function shownPath(path, secrets) {
  const known = secrets.reduce((text, secret) => text.replaceAll(secret, "***"), decoded(path));
  return plain(OPENS.reduce((text, part) => text.replace(part, "$1***"), known));
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The line of a request as miniflare tells of it; nothing for what is none. */
export function requestLine(message, secrets, paint = colours()) {
  const [, method, path, status, ms] = REQUEST.exec(stripVTControlCharacters(message)) ?? [];
  if (!status) return undefined;
  const tone = { 2: "green", 4: "yellow", 5: "red" }[status[0]] ?? "dim";
  return `${paint[tone](status)} ${method.padEnd(6)} ${shownPath(path, secrets)} ${paint.dim(`${ms} ms`)}`;
}

/** The line of what the Worker has logged, or the runtime; nothing for what nobody can make use of. */
export function workerLine({ level, message }, paint = colours()) {
  const tone = { error: "red", warn: "yellow" }[level];
  return tone ? `${paint[tone](level)} ${message}` : message;
}

/** Takes what miniflare says. */
export class Listener extends Log {
  secrets = [];
  #say;
  #failed;

  /** @param {(error: Error) => void} failed gets what miniflare could not do */
  constructor(say, failed) {
    super(LogLevel.INFO);
    [this.#say, this.#failed] = [say, failed];
  }

  error(error) {
    this.#failed(error);
  }

  logWithLevel(level, message) {
    this.#say(requestLine(message, this.secrets) ?? (level <= LogLevel.WARN ? message : undefined));
  }
}
