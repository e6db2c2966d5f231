// The simulator's own routes: they show and set what a real queue cannot.

import { HttpError, parseJson, readText, shown } from "./http.mjs";
import { KNOBS } from "./knobs.mjs";

/** `GET /`: lists the routes and the knobs. */
export function help() {
  return { status: 200, text: `hookvault's queue simulator

POST /queue/{model}  /fal/queue/{model}     submit (Authorization: Bearer …); webhooks go to
                                            ?fal_webhook=URL or the header x-pipelet-webhook
GET  …/{model}/requests/{id}[/status]       result, status (?logs=1)      PUT …/{id}/cancel
GET  /fal/download/{bucket}/{key}           an output, signed again
POST /queue/{model}?as={sender}             submit to a played sender, such as kling
POST /as/{sender}/{its own path}            the same as its clients do it; GET: its answers, files
GET  /_sim/senders                          the senders: paths, key headers, secrets, sources
GET  /_sim/jobs                             all jobs in order of submission
GET  /_sim/jobs/{id}                        a job: events, deliveries, its files' SHA-256, its
                                            submission as it arrived; DELETE: the queue forgets it
GET  /_sim/knobs   PUT /_sim/knobs          all knobs; PUT {} sets those of the start again

Knobs, also for one job as "_sim": {…} in its body or as the header x-sim: {…}
${knobLines()}
` };
}

/** @returns {string} a line for each knob */
export function knobLines() {
  return Object.entries(KNOBS).map(([name, { start, help: text }]) =>
    `  ${name.padEnd(17)} ${text} (${JSON.stringify(start)})`).join("\n");
}

/** `GET /_sim/knobs`: also shows how often an operation will still fail. */
export function getKnobs({ simulator }) {
  return { status: 200, json: simulator.knobs };
}

/** `PUT /_sim/knobs`: sets the knobs of the whole server. */
export async function putKnobs({ simulator, request }) {
  simulator.setKnobs(parseJson(await readText(request), "the body"));
  return getKnobs({ simulator });
}

/** `GET /_sim/jobs`: lists the jobs in order of submission. */
export function getJobs({ simulator }) {
  return { status: 200, json: { jobs: [...simulator.jobs.values()].map((job) => job.listed()) } };
}

/** `GET /_sim/jobs/{id}`: shows one job. */
export function getJob({ simulator }, [id]) {
  return { status: 200, json: find(simulator, id).view() };
}

/** `DELETE /_sim/jobs/{id}`: makes the queue forget the job, so that it sends no further webhook. */
export function deleteJob({ simulator }, [id]) {
  simulator.forget(find(simulator, id));
  return { status: 204 };
}

function find(simulator, id) {
  const job = simulator.jobs.get(id);
  if (job === undefined) throw new HttpError(404, `no job ${shown(id)}`);
  return job;
}
