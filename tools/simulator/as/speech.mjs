// What a played sender says about a job: in answers and in webhooks.

import { basename } from "node:path";
import { contentOf } from "../files/content.mjs";
import { filled } from "./fill.mjs";

const STATES = { IN_QUEUE: "queued", IN_PROGRESS: "running", COMPLETED: "completed", FAILED: "failed",
  CANCELLED: "cancelled" };
/** Which state an event leads to. Senders keep quiet about a failure after which they try again. */
const EVENT_STATES = { queued: "queued", acquired: "running", completed: "completed", failed: "failed",
  cancelled: "cancelled" };
/** What a job becomes at a sender that has no word for its state. */
const NEXT_BEST = { running: "queued", cancelled: "failed" };

/** @returns {string} the job's state as its sender knows it */
export function stateOf({ row: { words }, status }) {
  const state = STATES[status];
  return Object.hasOwn(words, state) ? state : NEXT_BEST[state];
}

/**
 * Returns the JSON of a template.
 *
 * @param {import("../job.mjs").Job} job
 * @param {import("./links.mjs").Links} links
 * @param {unknown} [template] the job's body by default
 * @param {object} [more] more values
 * @returns {Promise<unknown>}
 */
export async function said(job, links, template = { $job: true }, more = {}) {
  return filled(template, { ...await valuesOf(job, links), ...more });
}

/**
 * Returns the body of an event's webhook, or undefined if the sender sends none.
 *
 * @returns {Promise<string | undefined>}
 */
export async function bodyOf(job, eventType, links) {
  const { webhook } = job.row;
  const state = stateOf(job);
  const isNew = EVENT_STATES[eventType] === STATES[job.status];
  if (!isNew || !webhook.states.includes(state)) return undefined;
  return JSON.stringify(await said(job, links, webhook.body));
}

async function valuesOf(job, links) {
  const { row, id, input, model, prompt, knobs, place } = job;
  const state = stateOf(job);
  const files = await filesOf(job, links, state);
  const urls = files.map(({ url }) => url);
  return {
    id, input, model, prompt, state, files, urls, body: row.body, word: wordOf(job, state),
    base: place.base, path: new URL(place.base).pathname.replace(/\/$/, ""), kind: job.medium().kind,
    error: typeof knobs.error === "string" ? knobs.error : JSON.stringify(knobs.error),
    ...times("created", job.createdAt + knobs.skewMs),
    ...times("updated", (job.events.at(-1)?.at ?? job.createdAt) + knobs.skewMs),
    ...files[0],
  };
}

/** Some ends have several words. The knob says another one than the usual. */
function wordOf({ row, knobs }, state) {
  const isEnd = state !== "queued" && state !== "running";
  return (isEnd ? knobs.word : null) ?? row.words[state];
}

function times(name, ms) {
  return { [`${name}.ms`]: ms, [`${name}.s`]: Math.floor(ms / 1_000), [`${name}.iso`]: new Date(ms).toISOString() };
}

async function filesOf(job, links, state) {
  if (state !== "completed") return [];
  return Promise.all(job.files.map(async ({ key, size, contentType: type }, n) =>
    ({ n, url: await links.make(job, n), name: basename(key), size, type, base64: () => inline(job, n) })));
}

function inline(job, n) {
  const { chunks } = contentOf(job.medium(n), job.files[n].key, job.knobs.size);
  return Buffer.concat([...chunks()]).toString("base64");
}
