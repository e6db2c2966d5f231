// What the tests say: a line for each file, all of what fails, the slowest tests, and the runner's own
// summary as the last.
import { relative } from "node:path";
import { inspect } from "node:util";
import { ROOT } from "../setup/project.mjs";

const SLOWEST = 10;

/** A reporter of node's test runner, which tells of one file after the other. */
export default async function* short(source) {
  const [tests, summary] = [[], []];
  let file = new File();
  for await (const { type, data } of source) {
    if (type === "test:summary" && data.file !== undefined) {
      yield file.told(data);
      tests.push(...file.tests(data.file));
      file = new File();
    } else if (type === "test:diagnostic" && data.file === undefined) summary.push(`# ${data.message}\n`);
    else file.take(type, data);
  }
  // Of a file that broke off there is no summary.
  yield file.rest();
  tests.sort((one, other) => other.ms - one.ms);
  yield* ["\nThe slowest, in seconds:\n", ...tests.slice(0, SLOWEST).map(({ ms, name }) => `${seconds(ms)}  ${name}\n`)];
  yield* ["\n", ...summary];
}

/** What is known of one file's tests. */
class File {
  #open = [];
  #tests = [];
  #failures = [];
  #notes = [];
  #output = [];

  take(type, data) {
    if (type === "test:start") this.#open.splice(data.nesting, Infinity, data.name);
    if (type === "test:stdout" || type === "test:stderr") this.#output.push(data.message);
    if (type === "test:diagnostic") this.#notes.push(`  # ${data.message}\n`);
    if (type === "test:pass" || type === "test:fail") this.#end(type, data);
  }

  #end(type, { nesting, name, details, todo, skip }) {
    this.#open.splice(nesting, Infinity, name);
    const whole = this.#open.join(" > ");
    if (details.type !== "suite") this.#tests.push({ ms: details.duration_ms, name: whole });
    if (skip) this.#notes.push(`  # skipped: ${whole}: ${skip}\n`);
    // One that fails makes those around it fail: it is told once.
    const isOwn = details.error?.failureType !== "subtestsFailed";
    if (type === "test:fail" && !todo && !skip && isOwn) {
      this.#failures.push(`  FAILED: ${whole}\n${reason(details.error)}\n`);
    }
  }

  tests(path) {
    return this.#tests.map(({ ms, name }) => ({ ms, name: `${relative(ROOT, path)}: ${name}` }));
  }

  told({ file, success, counts, duration_ms: ms }) {
    const isGood = success && this.#failures.length === 0;
    const head = `${isGood ? "ok    " : "FAILED"} ${seconds(ms)} s ${String(counts.tests).padStart(4)}  ${relative(ROOT, file)}\n`;
    return head + this.rest();
  }

  rest() {
    const failed = this.#failures.length > 0;
    return [...this.#notes, ...this.#failures, ...(failed ? this.#output : [])].join("");
  }
}

const seconds = (ms) => (ms / 1_000).toFixed(1).padStart(6);

const reason = (error) => inspect(error?.cause ?? error, { depth: 6 }).replace(/^/gm, "    ");
