// Reads a submission to a played sender.

import { HttpError, readText, shown } from "../http.mjs";
import { KNOBS } from "../knobs.mjs";
import { readInput, readKnobs, readWebhookUrl } from "../submission.mjs";
import { filled } from "./fill.mjs";
import { pointed, rowOf, submitted } from "./rows.mjs";
import { secretOf } from "./sign.mjs";
import { isDated } from "./styles.mjs";

/**
 * Submits a job, as a client of the sender would.
 *
 * @param {object} call
 * @param {import("../simulator.mjs").Simulator} call.simulator
 * @param {import("node:http").IncomingMessage} call.request
 * @param {URL} call.url
 * @param {{ as: string, path: string, isOwnPath: boolean }} target `as` is a sender's name, with a way where `path` is
 *   not one of its own
 * @returns {Promise<import("../job.mjs").Job>}
 */
export async function submitAs({ simulator, request, url }, { as, path, isOwnPath }) {
  const body = await readText(request);
  const { _sim, ...input } = readInput(body);
  const { row, model = path } = isOwnPath ? submitted(as, path, input) : { row: rowOf(as) };
  const knobs = readKnobs(request, { _sim }, simulator.knobs);
  return simulator.submit({
    ...orderOf(row, input, isOwnPath ? input.model ?? input.model_name ?? model : model),
    knobs, input, row, host: `as/${row.name}`, dialect: "seed",
    webhookUrl: row.webhook === undefined ? null : hookOf(row, input, url) ?? readWebhookUrl(request, url),
    mediumName: [path, input.model, row.medium].join("/"),
    secret: knobs.secret ?? givenSecret(row, input, isOwnPath),
    place: { base: `http://${request.headers.host}${request.rootOf === row.name ? "" : `/as/${row.name}`}`, path: row.files.path, needs: row.files.needs },
    links: linksOf(row, knobs),
    submission: { url: request.url, headers: request.headers, body },
  });
}

function orderOf({ id, prompt = "/prompt" }, input, model) {
  return { id: filled(id, { model, input }), model, prompt: String(pointed(input, prompt) ?? input.prompt ?? "") };
}

/** Returns the URL for webhooks from the sender's own place for it. */
function hookOf({ hook }, input, url) {
  if (hook === undefined) return undefined;
  const given = hook.startsWith("?") ? url.searchParams.get(hook.slice(1)) : pointed(input, hook);
  if (given === null || given === undefined) return undefined;
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given;
  throw new HttpError(400, `not an http(s) webhook URL: ${shown(given)}`);
}

/** Some senders sign only if the submission brings a secret. An easy start needs none. */
function givenSecret(row, input, isOwnPath) {
  const from = row.webhook?.secretFrom;
  const given = from && pointed(input, from);
  return given ?? (from && isOwnPath ? null : secretOf(row));
}

/** Returns how the outputs' URLs look and how long they live: as with the sender, unless a knob was moved. */
function linksOf({ files }, { links, expiresIn }) {
  const style = links ?? files.style;
  const isMoved = expiresIn !== KNOBS.expiresIn.start;
  const lifeS = isMoved ? expiresIn : files.lifeS ?? (isDated(style) ? expiresIn : undefined);
  return { style, lifeS };
}
