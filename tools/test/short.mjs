// Prints the results of tests: a line for each file, all failures, the slowest tests, and the runner's summary last.
import { relative, resolve } from "node:path";
import { inspect } from "node:util";
import { ROOT } from "../setup/project.mjs";

const SLOWEST = 10;

/** A reporter for node's test runner, which prints one file after the other. */
export default async function* short(source) {
  const [tests, summary, files] = [[], [], new Map()];
  for await (const { type, data } of source) {
    if (data.file === undefined) {
      if (type === "test:diagnostic") summary.push(`# ${data.message}\n`);
      continue;
    }
    // Output of a process comes with the path as it was given.
    const path = resolve(data.file);
    if (!files.has(path)) files.set(path, new File(path));
    const file = files.get(path);
    file.take(type, data);
    if (!file.isDone) continue;
    files.delete(path);
    yield file.told();
    tests.push(...file.tests());
  }
  for (const file of files.values()) yield file.rest();
  tests.sort((one, other) => other.ms - one.ms);
  yield* ["\nThe slowest, in seconds:\n", ...tests.slice(0, SLOWEST).map(({ ms, name }) => `${seconds(ms)}  ${name}\n`)];
  yield* ["\n", ...summary];
}

/** Collects the results of one file's tests. */
class File {
  isDone = false;
  #path;
  #open = [];
  #tests = [];
  #failures = [];
  #notes = [];
  #output = [];

  constructor(path) {
    this.#path = path;
  }

  take(type, data) {
    if (type === "test:start") this.#open.splice(data.nesting, Infinity, data.name);
    if (type === "test:stdout" || type === "test:stderr") this.#output.push(data.message);
    if (type === "test:diagnostic") this.#notes.push(`  # ${data.message}\n`);
    if (type === "test:pass" || type === "test:fail") this.#end(type, data);
    if (type === "test:summary") this.#finish(data.duration_ms, data.success);
  }

  #finish(ms, isGood) {
    this.isDone = true;
    Object.assign(this, { ms, isGood });
  }

  #end(type, { nesting, name, details, todo, skip }) {
    // A file that broke off has no summary: it counts as a test that failed.
    if (nesting === 0 && resolve(name) === this.#path) {
      this.#failures.push(`  FAILED: it broke off\n${reason(details.error)}\n`);
      this.#finish(details.duration_ms, false);
      return;
    }
    this.#open.splice(nesting, Infinity, name);
    const whole = this.#open.join(" > ");
    if (details.type !== "suite") this.#tests.push({ ms: details.duration_ms, name: whole });
    if (skip) this.#notes.push(`  # skipped: ${whole}: ${skip}\n`);
    // Reports a failure once: a failed test also makes the suites around it fail.
    const isOwn = details.error?.failureType !== "subtestsFailed";
    if (type === "test:fail" && !todo && !skip && isOwn) {
      this.#failures.push(`  FAILED: ${whole}\n${reason(details.error)}\n`);
    }
  }

  tests() {
    return this.#tests.map(({ ms, name }) => ({ ms, name: `${relative(ROOT, this.#path)}: ${name}` }));
  }

  told() {
    const isGood = this.isGood && this.#failures.length === 0;
    const count = String(this.#tests.length).padStart(4);
    return `${isGood ? "ok    " : "FAILED"} ${seconds(this.ms)} s ${count}  ${relative(ROOT, this.#path)}\n${this.rest()}`;
  }

  rest() {
    const failed = this.#failures.length > 0;
    return [...this.#notes, ...this.#failures, ...(failed ? this.#output : [])].join("");
  }
}

const seconds = (ms) => (ms / 1_000).toFixed(1).padStart(6);

const reason = (error) => inspect(error?.cause ?? error, { depth: 6 }).replace(/^/gm, "    ");
