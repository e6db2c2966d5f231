// What `npm start` says while it runs: a line a request, and what the Worker and the runtime tell.
import { colours, plain } from "../setup/terminal.mjs";

/** What opens something, by where it stands in a path. */
const OPENS = [/^(\/*hook\/+)[^/]+/, /^(\/*files\/+[^/]+\/+)[^/]+/, /^(\/*fal\/+proxy\/+)[^/]+/];
/** Shorter values would hide what is no secret. */
const MIN_SECRET = 8;
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

/** The line of a request; one without a status was broken off. */
export function requestLine({ method, path, status, ms }, secrets, paint = colours()) {
  const tone = { 2: "green", 4: "yellow", 5: "red" }[Math.floor(status / 100)] ?? "dim";
  const end = status ? `${ms} ms` : `${ms} ms, cut off`;
  return `${paint[tone](status ?? "---")} ${method.padEnd(6)} ${shownPath(path, secrets)} ${paint.dim(end)}`;
}

/** A connection of the runtime's whose other end has left: the line of the request says so. */
const LEFT = /c\+\+:\d+: disconnected: /;
/** The runtime's own notes to its makers, of alarms that were set anew. */
const NOTE = /^(\S+ )?NOSENTRY /;
/** Addresses in the runtime's program. */
const STACK = /\nstack: .*$/s;

/** What the Worker has logged, or the runtime; nothing where that means nothing. */
export function workerLine({ level, message }, paint = colours()) {
  if (LEFT.test(message) || NOTE.test(message)) return undefined;
  const tone = { error: "red", warn: "yellow" }[level];
  const text = message.replace(STACK, "");
  return tone ? `${paint[tone](level)} ${text}` : text;
}
