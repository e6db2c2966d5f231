// Writes what `npm start` prints while it runs: a line for each request, and the messages of the Worker and the
// runtime.
import { colours, plain } from "../setup/terminal.mjs";

/** The parts of a path that grant access. */
const OPENS = [/^(\/*hook\/+)[^/]+/, /^(\/*files\/+[^/]+\/+)[^/]+/, /^(\/*fal\/+proxy\/+)[^/]+/];
/** Shorter values would also hide text that is not secret. */
const MIN_SECRET = 8;
/** Returns the values of the variables that are secrets. Each variable may be a list. */
export function secretsOf(vars) {
  const values = Object.entries(vars).filter(([name]) => /TOKEN|SECRET|KEY/.test(name)).map(([, value]) => value);
  return values.flatMap((value) => value.split(",")).map((value) => value.trim()).filter(({ length }) => length >= MIN_SECRET);
}

/** Returns a path without secrets and without terminal control characters. */
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

/** Returns the line of a request; one without a status was aborted. */
export function requestLine({ method, path, status, ms }, secrets, paint = colours()) {
  const tone = { 2: "green", 4: "yellow", 5: "red" }[Math.floor(status / 100)] ?? "dim";
  const end = status ? `${ms} ms` : `${ms} ms, cut off`;
  return `${paint[tone](status ?? "---")} ${method.padEnd(6)} ${shownPath(path, secrets)} ${paint.dim(end)}`;
}

/** A runtime connection whose other end has left. The line of the request already says so. */
const LEFT = /c\+\+:\d+: disconnected: /;
/** The runtime's own notes to its developers, about alarms that were set again. */
const NOTE = /^(\S+ )?NOSENTRY /;
/** Addresses inside the runtime's program. */
const STACK = /\nstack: .*$/s;

/** Returns what the Worker or the runtime has logged, or undefined for a line that means nothing to the user. */
export function workerLine({ level, message }, paint = colours()) {
  if (LEFT.test(message) || NOTE.test(message)) return undefined;
  const tone = { error: "red", warn: "yellow" }[level];
  const text = message.replace(STACK, "");
  return tone ? `${paint[tone](level)} ${text}` : text;
}
