// Runs other programs: long quiet steps with a heartbeat, and visible ones.
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "./project.mjs";

const HEARTBEAT_MS = 15_000;
/** More than enough for a line. */
const KEPT_PIECES = 50;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** A failure that the reader can act on: shown without a stack trace. */
export class Failure extends Error {}

/** Whether the module of that `import.meta.url` is what node was started with. */
export const isMain = (url) => fileURLToPath(url) === realpathSync(process.argv[1]);

/** Runs `work`; a failure becomes a message and an exit code. */
export async function main(work, failed = 1) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    // Other steps may still be under way.
    process.exit(failed);
  }
}

/** Runs a program with our own terminal; resolves to its exit code. */
export function show(command, args, options = {}) {
  return exitOf(spawn(command, args, { cwd: ROOT, stdio: "inherit", ...options }));
}

/** Like `show`, but a program that fails ends ours too. */
export async function must(command, args, options) {
  const code = await show(command, args, options);
  if (code !== 0) throw new Failure(`${command} ${args.join(" ")} ended with ${code}`);
}

/** Runs a long step: says what it is, and how long in brackets, shows that it lives, and its log if it fails. */
export async function step(title, command, args, env = process.env) {
  console.log(`${title} …`);
  const started = Date.now();
  const child = endsWithUs(() => spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] }));
  const log = collect(child);
  // More than one may run at a time.
  const tell = (what) => console.log(`  ${title.replace(/ \(.*/, "")}: ${what}`);
  const beat = setInterval(() => tell(`${since(started)}, ${lastLine(log)}`), HEARTBEAT_MS);
  const code = await exitOf(child).finally(() => clearInterval(beat));
  if (code === 0) return tell(`done in ${since(started)}`);
  throw new Failure(`${log.join("")}\nFailed: ${command} ${args.join(" ")}${hint(log.join(""))}`);
}

/** Steps under way. */
const children = new Set();
const endAll = () => children.forEach((child) => child.kill());
// Who dies of a signal gets no "exit"; where someone else listens, it is theirs to end us.
const told = (signal) => process.listenerCount(signal) === 1 && process.exit(128 + SIGNALS[signal]);

/** Begins a child that is ended too when this process ends or is told to: it listens before the child is there. */
function endsWithUs(begin) {
  if (children.size === 0) listen("on");
  const child = begin();
  children.add(child);
  child.once("close", () => {
    children.delete(child);
    if (children.size === 0) listen("off");
  });
  return child;
}

function listen(how) {
  process[how]("exit", endAll);
  for (const signal of Object.keys(SIGNALS)) process[how](signal, told);
}

/** Gathers what a child prints, also while `echo` passes it on. */
export function collect(child, echo = () => {}) {
  const log = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log.push(String(chunk));
      echo(chunk);
    });
  }
  return log;
}

export function exitOf(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
}

const since = (started) => `${Math.round((Date.now() - started) / 1000)} s`;

/** The last whole line of a log that comes in pieces, without what a terminal would obey. */
export function lastLine(log) {
  const lines = stripVTControlCharacters(log.slice(-KEPT_PIECES).join("")).split(/[\r\n]/).slice(0, -1);
  return lines.map((line) => line.trim()).findLast(Boolean) ?? "at work";
}

// What a bare machine lacks for compiling: rustup brings neither.
function hint(log) {
  if (/linker `cc` not found/.test(log)) {
    return "\nA C compiler is missing: sudo apt-get install build-essential";
  }
  if (/openssl-sys/.test(log)) {
    return "\nOpenSSL's headers are missing: sudo apt-get install pkg-config libssl-dev";
  }
  return "";
}
