// Runs other programs: long quiet steps with a sign of life, and programs that use the terminal.
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "./project.mjs";

const HEARTBEAT_MS = 15_000;
/** More than enough pieces for the last line. */
const KEPT_PIECES = 50;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** A failure that the reader can act on: shown without a stack trace. */
export class Failure extends Error {}

/** Tells whether node was started with the module of this `import.meta.url`. */
export const isMain = (url) => fileURLToPath(url) === realpathSync(process.argv[1]);

/** Runs `work`. A failure becomes a message and the exit code `failed`. */
export async function main(work, failed = 1) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    // Exits at once, because other steps may still run.
    process.exit(failed);
  }
}

/** Runs a program in this terminal, and resolves to its exit code. */
export function show(command, args, options = {}) {
  return exitOf(spawn(command, args, { cwd: ROOT, stdio: "inherit", ...options }));
}

/** Works like `show`, but throws if the program fails. */
export async function must(command, args, options) {
  const code = await show(command, args, options);
  if (code !== 0) throw new Failure(`${command} ${args.join(" ")} ended with ${code}`);
}

/**
 * Runs a long step: prints its title, a sign of life every 15 s, and its log if it fails. A duration in brackets
 * belongs to the title.
 */
export async function step(title, command, args, env = process.env) {
  console.log(`${title} …`);
  const started = Date.now();
  const child = endsWithUs(() => spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] }));
  const log = collect(child);
  // Names the step in each line, because several may run at a time.
  const tell = (what) => console.log(`  ${title.replace(/ \(.*/, "")}: ${what}`);
  const beat = setInterval(() => tell(`${since(started)}, ${lastLine(log)}`), HEARTBEAT_MS);
  const code = await exitOf(child).finally(() => clearInterval(beat));
  if (code === 0) return tell(`done in ${since(started)}`);
  throw new Failure(`${log.join("")}\nFailed: ${command} ${args.join(" ")}${hint(log.join(""))}`);
}

/** The steps that run now. */
const children = new Set();
const endAll = () => children.forEach((child) => child.kill());
// A process that a signal kills emits no "exit", so this exits itself; with other listeners, they decide.
const told = (signal) => process.listenerCount(signal) === 1 && process.exit(128 + SIGNALS[signal]);

/** Starts a child that ends when this process exits or gets a signal. The listeners are set before the child starts. */
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

/** Collects what a child prints, and passes it on to `echo`. */
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

/** Returns the last whole line of a log that comes in pieces, without terminal control characters. */
export function lastLine(log) {
  const lines = stripVTControlCharacters(log.slice(-KEPT_PIECES).join("")).split(/[\r\n]/).slice(0, -1);
  return lines.map((line) => line.trim()).findLast(Boolean) ?? "at work";
}

// Names what a bare machine lacks for compiling: rustup installs neither of these.
function hint(log) {
  if (/linker `cc` not found/.test(log)) {
    return "\nA C compiler is missing: sudo apt-get install build-essential";
  }
  if (/openssl-sys/.test(log)) {
    return "\nOpenSSL's headers are missing: sudo apt-get install pkg-config libssl-dev";
  }
  return "";
}
