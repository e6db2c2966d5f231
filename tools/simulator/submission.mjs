// Reads a submission: the inputs, the URL for webhooks, and the knobs.

import { HttpError, parseJson, readText, shown } from "./http.mjs";
import { withKnobs } from "./knobs.mjs";
import { memberText } from "./rawjson.mjs";

/** Longer than any model's name and sub path. */
const MAX_MODEL_LENGTH = 200;

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {URL} url
 * @param {{ host: "batch" | "fal", model: string, defaults: Record<string, unknown> }} place
 * @returns {Promise<Omit<import("./job.mjs").Order, "id">>}
 */
export async function readSubmission(request, url, { host, model, defaults }) {
  checkModel(model);
  const webhookUrl = readWebhookUrl(request, url);
  const text = await readText(request);
  const input = readInput(text);
  const knobs = readKnobs(request, input, defaults);
  const dialect = knobs.dialect ?? dialectFor(request);
  const submission = { url: request.url, headers: request.headers, body: text };
  const [prompt, seed] = [String(input.prompt ?? ""), memberText(text, "seed")];
  return { host, model, webhookUrl, knobs, dialect, prompt, seed, submission };
}

function checkModel(model) {
  const isName = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(model);
  if (!isName || model.length > MAX_MODEL_LENGTH) {
    throw new HttpError(400, `not a model: ${shown(model)}`);
  }
}

/** Reads the URL for webhooks. The query parameter wins, because it is the documentation's first way. */
export function readWebhookUrl(request, url) {
  const given = url.searchParams.get("fal_webhook") ?? request.headers["x-pipelet-webhook"];
  if (given === undefined) return null;
  const isHttp = URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
  if (!isHttp) throw new HttpError(400, `not an http(s) webhook URL: ${shown(given)}`);
  return given;
}

/** Reads the inputs of a job from a body. */
export function readInput(text) {
  const input = parseJson(text, "the body");
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return input;
  throw new HttpError(400, `the body must be a JSON object of inputs, not ${shown(input)}`);
}

/** Reads a job's knobs: those of its header are laid over those of its body. */
export function readKnobs(request, input, defaults) {
  const fromBody = withKnobs(defaults, input._sim ?? {}, { forJob: true });
  return withKnobs(fromBody, headerKnobs(request), { forJob: true });
}

function headerKnobs(request) {
  const header = request.headers["x-sim"];
  return header === undefined ? {} : parseJson(header, "the header x-sim");
}

/** Returns the dialect as the upstream chooses it: URLs only if the client asks for them. */
function dialectFor(request) {
  return request.headers["x-pipelet-output"] === "binary" ? "today" : "base64";
}
