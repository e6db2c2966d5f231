// The upstream's own routes. Each handler answers a request, or throws an `HttpError`.

import { submitEasily } from "./as/routes.mjs";
import { HttpError, shown } from "./http.mjs";
import { resultText } from "./results.mjs";
import { readSubmission } from "./submission.mjs";

const HOSTS = { "queue": "batch", "fal/queue": "fal" };
const ID_SHAPES = {
  batch: /^\d{1,19}$/,
  fal: /^([a-z0-9]{20}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
};

/** `POST /queue/{model}` and `/fal/queue/{model}`: submits a job; with `as`, to a played sender. */
export async function submit({ simulator, request, url }, [prefix, model]) {
  if (url.searchParams.has("as")) return submitEasily({ simulator, request, url }, model);
  const place = { host: HOSTS[prefix], model, defaults: simulator.knobs };
  const job = simulator.submit(await readSubmission(request, url, place));
  const at = links(request, job);
  return { status: 200, json: { request_id: job.id, response_url: at, status_url: `${at}/status`,
    cancel_url: `${at}/cancel` } };
}

/** `GET …/requests/{id}/status`: the status; with `logs`, which fal's clients ask for, also the logs. */
export function status({ simulator, request, url }, params) {
  const job = find(simulator, params);
  const answer = { status: job.status, response_url: links(request, job) };
  if (job.status === "IN_QUEUE") answer.queue_position = simulator.queuePosition(job);
  if (job.status === "IN_PROGRESS") answer.etaSeconds = secondsLeft(job);
  if (["1", "true"].includes(url.searchParams.get("logs"))) answer.logs = logs(job);
  return { status: 200, json: { ...answer, statusMessages: messages(job, simulator.outputs) } };
}

/** `GET …/requests/{id}`: the result. Its URLs are signed again on each read. */
export async function result({ simulator }, params) {
  const job = find(simulator, params);
  if (job.status === "FAILED") throw new HttpError(422, job.knobs.error);
  if (job.status === "CANCELLED") throw new HttpError(422, "Request was cancelled");
  if (job.status !== "COMPLETED") throw new HttpError(400, "Request is still in progress");
  return { status: 200, json: await resultText(job, simulator.outputs) };
}

/** `PUT …/requests/{id}/cancel`: cancels a job that waits. */
export async function cancel({ simulator }, params) {
  const job = find(simulator, params);
  if (job.status !== "IN_QUEUE") {
    throw new HttpError(409, `Request ${job.id} is ${job.status} and cannot be cancelled`);
  }
  await simulator.cancel(job);
  return { status: 204 };
}

/** `GET /fal/download/{bucket}/{key}`: signs the URL of any output, without its model. */
export async function download({ simulator: { outputs, knobs } }, [bucket, key]) {
  if (bucket !== outputs.bucket) throw new HttpError(404, `no bucket ${shown(bucket)}`);
  if (!await outputs.has(key)) throw new HttpError(404, `no output ${shown(key)}`);
  const url = await outputs.sign(key, knobs.expiresIn);
  return { status: 200, json: { url, key, r2_uri: `r2://${bucket}/${key}` } };
}

/**
 * Finds a job. The model's sub path may be missing, as fal's clients drop it; another model or queue does not know the
 * id.
 */
function find(simulator, [prefix, model, id]) {
  const host = HOSTS[prefix];
  if (!ID_SHAPES[host].test(id)) throw new HttpError(400, `not a request id: ${shown(id)}`);
  const job = simulator.jobs.get(id);
  if (job?.host === host && `${job.model}/`.startsWith(`${model}/`)) return job;
  throw new HttpError(404, `no request ${shown(id)} of ${shown(model)}`);
}

/** Returns the job's URL at the host that the client used, because a proxy in front may have another one. */
function links(request, { host, model, id }) {
  const prefix = Object.keys(HOSTS).find((name) => HOSTS[name] === host);
  return `http://${request.headers.host}/${prefix}/${model}/requests/${id}`;
}

function secondsLeft({ acquiredAt, knobs }) {
  return Math.max(0, Math.ceil((acquiredAt + knobs.runMs - Date.now()) / 1_000));
}

/** Returns a line for each event, in fal's format. */
function logs({ events }) {
  return events.map(({ eventType, at }) => ({
    message: `job ${eventType}`,
    level: eventType === "failed" ? "ERROR" : "INFO",
    timestamp: new Date(at).toISOString(),
    source: "USER",
  }));
}

/** Returns the messages: a list on the batch queue, a single object on the api host. The upstream uses both forms. */
function messages(job, outputs) {
  const message = { message: job.status, detail_message: `attempt ${job.attempt}`,
    estimated_total_time_seconds: (job.knobs.queueMs + job.knobs.runMs) / 1_000 };
  const uris = job.files.map(({ key }) => `s3://${outputs.bucket}/${key}`);
  if (uris.length > 0) Object.assign(message, { result_uri: uris[0], results: uris });
  return job.host === "batch" ? [message] : message;
}
