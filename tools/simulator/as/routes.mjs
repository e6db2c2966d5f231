// The routes of the played senders, each below `/as/{sender}`: the sender's own paths, and its files.

import { HttpError, parseJson, readText, shown } from "../http.mjs";
import { polled, pointed, SENDERS, senderOf } from "./rows.mjs";
import { jwksOf, secretOf } from "./sign.mjs";
import { said, stateOf } from "./speech.mjs";
import { submitAs } from "./submit.mjs";

const JWKS = ".well-known/jwks.json";

/**
 * Returns which operation a call is, and whether its key is right.
 *
 * @returns {{ operation: "submit" | "status" | "download" | null, mayEnter: boolean }}
 */
export function entry({ simulator, request, url }, [sender, path]) {
  const [{ key }] = senderOf(sender);
  const mayEnter = carries(key, request.headers, simulator.tokens);
  if (request.method === "POST") return { operation: isRenewal(sender, path) ? "download" : "submit", mayEnter };
  if (path === JWKS) return { operation: null, mayEnter: true };
  const file = simulator.links.find(sender, url);
  if (file || path.startsWith("files/")) return { operation: "download", mayEnter: mayEnter || !file?.isKeyed };
  return { operation: "status", mayEnter };
}

/** Tells whether the sender's header carries one of the keys. */
function carries(key, headers, tokens) {
  const [[name, template]] = Object.entries(key);
  const [scheme] = template.split("{key}");
  const value = headers[name] ?? "";
  return value.toLowerCase().startsWith(scheme.toLowerCase()) && tokens.includes(value.slice(scheme.length));
}

const isRenewal = (sender, path) => senderOf(sender)[0].renew?.path === path;

/** `POST /as/{sender}/{path}`: submits a job, or renews the URL of an output. */
export async function post(call, [sender, path]) {
  if (isRenewal(sender, path)) return renew(call, sender);
  const job = await submitAs(call, { as: sender, path, isOwnPath: true });
  return { status: 200, json: await said(job, call.simulator.links, job.row.answer) };
}

async function renew({ simulator, request }, sender) {
  const [{ renew: { from, answer, ...as } }] = senderOf(sender);
  const { links } = simulator;
  const body = parseJson(await readText(request), "the body");
  const url = await links.renew(sender, pointed(body, from), as);
  return { status: 200, json: JSON.parse(JSON.stringify(answer).replace("{url}", url)) };
}

/** `GET /as/{sender}/{path}`: a job, a file, or the keys that sign. */
export async function get({ simulator, request, url }, [sender, path]) {
  if (path === JWKS) return { status: 200, json: keysOf(sender) };
  const file = simulator.links.find(sender, url);
  if (file) return simulator.links.open(file, request);
  if (path.startsWith("files/")) throw new HttpError(403, "this URL is not one that was given out");
  const { poll, job } = find(simulator, sender, path + decodeURIComponent(url.search));
  const { codes = {}, answer } = poll;
  return { status: codes[stateOf(job)] ?? 200, json: await said(job, simulator.links, answer) };
}

function keysOf(sender) {
  const found = senderOf(sender).map(({ webhook }) => jwksOf(webhook?.sign)).find((keys) => keys !== undefined);
  if (found === undefined) throw new HttpError(404, `${sender} signs without a key pair`);
  return found;
}

function find(simulator, sender, path) {
  const { poll, id } = polled(sender, path) ?? {};
  const job = simulator.jobs.get(id);
  if (job?.host !== `as/${sender}` || isForgotten(job, poll)) throw new HttpError(404, `${sender} has no job at ${shown(path)}`);
  return { poll, job };
}

/** Some senders answer for an ended job only for a while. */
function isForgotten({ status, knobs, events }, { keptS }) {
  const keeps = knobs.keptS ?? keptS ?? Infinity;
  const isOver = !["IN_QUEUE", "IN_PROGRESS"].includes(status);
  return isOver && Date.now() > events.at(-1).at + keeps * 1_000;
}

/** Answers a submission to `/queue/{app}?as=…` in the queue's own form, with the sender's answer beside it. */
export async function submitEasily(call, app) {
  const job = await submitAs(call, { as: call.url.searchParams.get("as"), path: app, isOwnPath: false });
  const [poll] = job.row.polls ?? [];
  const status_url = poll && `${job.place.base}/${poll.path.replace("{id}", job.id).replace("{any}", app)}`;
  const answer = await said(job, call.simulator.links, job.row.answer);
  return { status: 200, json: { request_id: job.id, status_url, answer } };
}

/** `GET /_sim/senders`: what each sender's client has to know, and where the data comes from. */
export function list() {
  const senders = [...SENDERS.values()].flat().map((row) => {
    const { name, way, key, submit, hook = null, polls = [], webhook = null, files, sources, unknown } = row;
    const states = webhook?.states ?? [];
    return { as: way ? `${name}/${way}` : name, key, submit, hook, polls: polls.map(({ path }) => path), states,
      secret: secretOf(row), files, sources, unknown };
  });
  return { status: 200, json: { senders } };
}
