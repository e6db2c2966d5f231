// The knobs: how a job behaves, and what goes wrong. One table has their start values, their checks and their help
// texts.

import { validateHeaderName, validateHeaderValue } from "node:http";
import { STYLE_NAMES } from "./as/styles.mjs";
import { HttpError, shown } from "./http.mjs";

export const EVENTS = ["queued", "acquired", "completed", "failed", "cancelled", "retried"];
export const DIALECTS = ["seed", "today", "base64"];
/** Knobs of the endpoints, which a job cannot set. */
const SERVER_WIDE = ["fail", "stallMs"];
const OPERATIONS = ["submit", "status", "result", "cancel", "download"];
/** The longest time that Node's timers can hold. */
const MAX_MS = 2_147_483_647;
const MAX_BYTES = 5 * 1024 ** 3;
/** The longest validity, in seconds, that Signature Version 4 allows for a presigned URL. */
const MAX_EXPIRY_S = 604_800;

/** Makes a check, which returns what it wants when a value is wrong, else undefined. */
const check = (wanted, test) => (value) => (test(value) ? undefined : wanted);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isWhole = (min, max) => (value) =>
  Number.isSafeInteger(value) && value >= min && value <= max;
const whole = (min, max) => check(`a whole number from ${min} to ${max}`, isWhole(min, max));
const oneOf = (values) => check(`one of ${values.join(", ")}`, (value) => values.includes(value));
const areEvents = (value) => Array.isArray(value) && value.every((name) => EVENTS.includes(name));
const milliseconds = whole(0, MAX_MS);
const hasOnly = (names, isValue) => (value) => isObject(value)
  && Object.entries(value).every(([name, item]) => names.includes(name) && isValue(item, name));

/** Tells whether a header is valid and in lower case: other spellings would duplicate the headers of every answer. */
function isHeader([name, value]) {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    return false;
  }
  return typeof value === "string" && name === name.toLowerCase();
}

const RULES = {
  lose: areEvents,
  double: areEvents,
  times: hasOnly(EVENTS, isWhole(1, 1_000)),
  order: areEvents,
  delayMs: hasOnly(EVENTS, isWhole(0, MAX_MS)),
};
const isRule = hasOnly(Object.keys(RULES), (value, name) => RULES[name](value));
const FAULT = {
  status: isWhole(400, 599),
  times: isWhole(1, 1_000_000),
  body: () => true,
  headers: (value) => isObject(value) && Object.entries(value).every(isHeader),
};
const isFault = (value) => hasOnly(Object.keys(FAULT), (item, name) => FAULT[name](item))(value)
  && value.status !== undefined && value.times !== undefined;

const knob = (start, checked, help) => ({ start, check: checked, help });

/** Every knob by name: its `start` value, its `check`, and its `help` with the unit. */
export const KNOBS = {
  queueMs: knob(500, milliseconds, "ms a job waits in the queue, again before each retry"),
  runMs: knob(2_000, milliseconds, "ms a worker takes"),
  leaseMs: knob(45_000, milliseconds, "ms from acquiredAt to leaseExpiry"),
  expiresIn: knob(7_200, whole(1, MAX_EXPIRY_S),
    "s until an output's presigned URL expires; unchanged, a played sender has its own"),
  previewsExpireIn: knob(14_400, whole(1, MAX_EXPIRY_S), "s until a preview's URL expires"),
  dialect: knob(null, oneOf([...DIALECTS, null]),
    "seed, today or base64; null: today for x-pipelet-output: binary, else base64"),
  jobId: knob(null, oneOf([true, false, null]),
    "whether completed carries a jobId; null: not in the seed dialect"),
  files: knob(1, whole(0, 600), "output files; more than one also come as results: [url, …]"),
  size: knob(null, check(`a whole number from 0 to ${MAX_BYTES} or null`,
    (value) => value === null || isWhole(0, MAX_BYTES)(value)),
  "bytes of each video: under some 70,000 it does not play; null: as it is"),
  previews: knob(2, whole(0, 600), "preview frames of a video, JPEG; none in the seed dialect"),
  outcome: knob("completed", oneOf(["completed", "failed", "cancelled"]), "how the job ends"),
  retries: knob(0, whole(0, 100), "times the job fails and is retried before its outcome"),
  skewMs: knob(0, whole(-MAX_MS, MAX_MS), "ms that the clock in the webhooks is ahead"),
  webhook: knob({}, check("{lose: [events], double: [events], times: {event: n}, "
    + `delayMs: {event: ms}, order: [events]} with events of ${EVENTS.join(", ")}`, isRule),
  "webhooks lost, sent twice, sent n times at once, late, or all held back to the end and sent in "
    + "an order"),
  links: knob(null, oneOf([...STYLE_NAMES, null]),
    `style of a played sender's URLs: ${STYLE_NAMES.join(", ")}; null: its own`),
  secret: knob(null, check("a text or null", (value) => value === null || typeof value === "string"),
    "what a played sender signs with; null: as GET /_sim/senders says; empty: nothing is signed"),
  word: knob(null, check("a text or null", (value) => value === null || typeof value === "string"),
    "what a played sender calls a job's end, such as nsfw; null: its usual word"),
  tries: knob(null, check("a whole number from 1 to 100 or null", (value) => value === null || isWhole(1, 100)(value)),
    "most tries of a played sender's webhook; null: as many as it makes"),
  keptS: knob(null, check(`a whole number from 0 to ${MAX_EXPIRY_S} or null`,
    (value) => value === null || isWhole(0, MAX_EXPIRY_S)(value)),
  "s that a played sender answers for an ended job; null: as long as it does"),
  error: knob("CUDA out of memory", check("JSON", () => true), "a failed job's error"),
  fail: knob({}, check("{operation: {status: 400–599, times: n, body?: JSON, headers?: {lower-case "
    + `name: text}}} with operations of ${OPERATIONS.join(", ")}`, hasOnly(OPERATIONS, isFault)),
  "the next n answers of an operation are errors; for the whole server only"),
  stallMs: knob({}, check(`{operation: ms} with operations of ${OPERATIONS.join(", ")}`,
    hasOnly(OPERATIONS, isWhole(0, MAX_MS))),
  "ms that an operation's answer comes late, after its effect; for the whole server only"),
};

/** @returns {Record<string, unknown>} a new set of all knobs with their start values */
export function startKnobs() {
  return structuredClone(Object.fromEntries(
    Object.entries(KNOBS).map(([name, { start }]) => [name, start])));
}

/**
 * Lays knobs over others. Each rule in `webhook` replaces only the rule of the same name.
 *
 * @param {Record<string, unknown>} base a full set
 * @param {unknown} given the client's knobs, unchecked
 * @param {{ forJob?: boolean }} [scope] a job cannot make endpoints fail
 * @returns {Record<string, unknown>} a full set
 */
export function withKnobs(base, given, { forJob = false } = {}) {
  if (!isObject(given)) throw new HttpError(400, `knobs are a JSON object, not ${shown(given)}`);
  for (const [name, value] of Object.entries(given)) checkKnob(name, value, forJob);
  return structuredClone({ ...base, ...given, webhook: { ...base.webhook, ...given.webhook } });
}

function checkKnob(name, value, forJob) {
  if (!Object.hasOwn(KNOBS, name)) {
    const known = Object.keys(KNOBS).join(", ");
    throw new HttpError(400, `unknown knob ${shown(name)}; there are ${known}`);
  }
  if (forJob && SERVER_WIDE.includes(name)) {
    throw new HttpError(400, `knob ${name} is for the whole server: PUT /_sim/knobs`);
  }
  const wanted = KNOBS[name].check(value);
  if (wanted) throw new HttpError(400, `knob ${name} must be ${wanted}, not ${shown(value)}`);
}
