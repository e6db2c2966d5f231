// The senders' data: reads `../senders`, finds a sender's way to submit and the question that a path asks. Each file
// says in `sources` where its fields were seen, and in `unknown` what no source tells.

import { readdirSync, readFileSync } from "node:fs";
import { HttpError, shown } from "../http.mjs";

const FOLDER = new URL("../senders/", import.meta.url);
const names = readdirSync(FOLDER).map((file) => file.replace(".json", "")).sort();
const read = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));

/**
 * A sender's data, for one of its ways to submit.
 *
 * @typedef {object} Row
 * @property {string} name as in `?as=`
 * @property {string} way empty if there is only one
 * @property {string[]} sources
 * @property {string[]} unknown
 * @property {Record<string, string>} key the header that carries the key
 * @property {string} id a template
 * @property {string[]} submit paths
 * @property {string} [needs] a pointer: the way is taken only if the body has it
 * @property {string} [hook] where the submission has the URL for webhooks: a pointer, or `?` and a parameter's name
 * @property {string} [prompt] a pointer
 * @property {string} [medium] a word that decides what the outputs are, where the path does not
 * @property {unknown} answer a template, to a submission
 * @property {Record<string, string>} words the sender's word for each state of a job
 * @property {unknown} body a template: the job as the sender shows it
 * @property {{ path: string, answer?: unknown, codes?: Record<string, number>, keptS?: number }[]} [polls]
 * @property {object} [webhook] `states`, and if they are known `body`, `sign`, `secretFrom`, `retry`, `timeoutS`,
 *   `challenge`
 * @property {{ style: string, lifeS?: number, path?: string, needs?: string }} files
 * @property {object} [renew] `path`, `from`, `style`, `lifeS`, `answer`
 */

/** @type {Map<string, Row[]>} each sender's ways */
export const SENDERS = new Map(names.map((name) => [name, waysOf(name, read(name))]));

function waysOf(name, { ways = { "": {} }, ...row }) {
  return Object.entries(ways).map(([way, own]) =>
    ({ name, way, ...row, ...own, ...(row.webhook && { webhook: { ...row.webhook, ...own.webhook } }) }));
}

/**
 * @param {string} name `kling`, or `kling/old` for a certain way
 * @returns {Row}
 */
export function rowOf(name) {
  const [sender, way] = name.split("/");
  const found = senderOf(sender).find((row) => way === undefined || row.way === way);
  if (found !== undefined) return found;
  throw new HttpError(400, `no way ${shown(way)} of ${shown(sender)}; GET /_sim/senders lists them`);
}

/** @returns {Row[]} the sender's ways */
export function senderOf(name) {
  const ways = SENDERS.get(name);
  if (ways === undefined) throw new HttpError(400, `no sender ${shown(name)}; there are ${names.join(", ")}`);
  return ways;
}

/**
 * Finds the way that a path submits by. Ways that need a member of the body go first.
 *
 * @param {string} sender
 * @param {string} path
 * @param {object} input the submission's body
 * @returns {{ row: Row, model: string | undefined }} `model` is part of some paths
 */
export function submitted(sender, path, input) {
  const isOpen = ({ needs }) => needs === undefined || pointed(input, needs) !== undefined;
  const ways = senderOf(sender).filter(isOpen).sort((one, other) => (other.needs ? 1 : 0) - (one.needs ? 1 : 0));
  for (const row of ways) {
    for (const pattern of row.submit) {
      const found = path.match(regExp(pattern));
      if (found) return { row, model: found.groups?.model };
    }
  }
  throw new HttpError(404, `${sender} takes no submission at ${shown(path)}`);
}

/**
 * Finds the question that a path and query ask.
 *
 * @returns {{ poll: object, id: string } | undefined}
 */
export function polled(sender, path) {
  for (const { polls = [] } of senderOf(sender)) {
    for (const poll of polls) {
      const id = path.match(regExp(poll.path))?.groups.id;
      if (id !== undefined) return { poll, id };
    }
  }
  return undefined;
}

/** Returns the value that a JSON pointer finds. */
export function pointed(value, pointer) {
  return pointer.split("/").slice(1).reduce((inner, name) => inner?.[name], value);
}

/** Ids and models may hold slashes. */
function regExp(pattern) {
  const source = pattern.replace(/[.?]/g, "\\$&").replace(/\{(\w+)\}/g, (_, name) =>
    name === "any" ? ".+" : `(?<${name}>.+)`);
  return new RegExp(`^${source}$`);
}
