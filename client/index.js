// The client: calls hookvault from Node, browsers and Workers. docs/client.md has examples.
import { foreign, isJob, isObject, listOf } from "./answer.js";
import { HookVaultError } from "./error.js";
import { entriesSoFar, liveEntries } from "./events.js";
import { VaultFile } from "./files.js";
import { Http } from "./http.js";
import { liveChanges } from "./live.js";
import { isSettled, waitFor } from "./waiting.js";

export { HookVaultError };

/** Writes a job's name into a path: an id, or `ref:` and a reference. */
const jobPath = (job) => `/jobs/${encodeURIComponent(job).replaceAll("%3A", ":")}`;
/** Writes an application into a path; its slashes are parts of the path. */
const appPath = (app) => `/queue/${app.split("/").map(encodeURIComponent).join("/")}`;

export class HookVault {
  #http;

  constructor(options) {
    this.#http = new Http(options);
  }

  /**
   * Submits a job through the gateway. A repetition after a broken connection is the same job. An input that is a text
   * is sent as it is.
   */
  async submit(app, input, { idempotencyKey = crypto.randomUUID(), webhook, signal } = {}) {
    const headers = { "content-type": "application/json", "idempotency-key": idempotencyKey };
    const response = await this.#http.send(appPath(app),
      { method: "POST", query: { fal_webhook: webhook }, headers, body: typeof input === "string" ? input : JSON.stringify(input), signal });
    const answer = await response.json();
    const id = response.headers.get("x-hookvault-job") ?? answer?.request_id;
    if (!["string", "number"].includes(typeof id)) throw foreign();
    return {
      id: String(id),
      fileUrl: response.headers.get("x-hookvault-file"),
      answer,
    };
  }

  /** Reads a job's record. With `isFresh` the job itself answers, not the edge's copy. */
  async job(job, { as = "json", isFresh = false, signal } = {}) {
    return (await this.#http.send(jobPath(job), { query: { wait: isFresh ? 0 : undefined }, signal }))[as]();
  }

  /** Yields the jobs of the list, the newest first. */
  async *jobs({ signal, ...filter } = {}) {
    for (let cursor; cursor !== null; ) {
      const page = await this.#http.json("/jobs", { query: { limit: 200, ...filter, cursor }, signal });
      yield* listOf(page, "jobs", isJob);
      cursor = page.cursor ?? null;
    }
  }

  /** Returns the record once the job has ended and no file is left to copy. */
  wait(job, { as = "json", ...options } = {}) {
    return waitFor(this.#http, jobPath(job), { ...options, query: { for: "settled" } }, async (response) => {
      const text = await response.text();
      const record = JSON.parse(text);
      if (!isObject(record)) throw foreign();
      return isSettled(record) ? { value: as === "text" ? text : record } : undefined;
    });
  }

  /** Returns the queue's result once there is one. `as: "text"` keeps numbers that JavaScript would round. */
  result(job, { as = "json", ...options } = {}) {
    return waitFor(this.#http, `${jobPath(job)}/result`, options, async (response) => {
      if (response.status === 202) return void await response.body?.cancel();
      return { value: await response[as]() };
    });
  }

  /** Yields the entries of a job's timeline, as they come. */
  async *events(job, { as = "json", after = 0, until = "settled", signal } = {}) {
    const read = until === "now" ? entriesSoFar : liveEntries;
    const entries = read(this.#http, `${jobPath(job)}/events`, { after, until, signal });
    for await (const { entry, text } of entries) yield as === "text" ? text : entry;
  }

  /**
   * Yields the changes of all jobs. Where some were missed, it yields a reset and then the list, as `list` filters it.
   */
  live({ after, list, onBreak, signal } = {}) {
    return liveChanges(this.#http, { after, onBreak, signal }, (stop) => this.jobs({ ...list, signal: stop }));
  }

  /** Returns the files of a job, or of a record that the caller has. */
  async files(job, options) {
    const record = typeof job === "string" ? await this.job(job, options) : job;
    return listOf(record, "files").map((file) => new VaultFile(this.#http, file));
  }

  /** Returns the URL for a queue's webhook. It has the hook token in it: keep it as you keep a password. */
  hookUrl(hookToken, { reference, app, tags = [] } = {}) {
    const steps = [hookToken, reference].filter(Boolean).map(encodeURIComponent);
    const query = new URLSearchParams([...(app ? [["app", app]] : []), ...tags.map((tag) => ["tag", tag])]);
    return `${this.#http.base}/hook/${steps.join("/")}${query.size > 0 ? `?${query}` : ""}`;
  }

  /** Makes a ticket, which a web page can have instead of a token. */
  ticket(wish, { signal } = {}) {
    const headers = { "content-type": "application/json" };
    return this.#http.json("/tickets", { method: "POST", headers, body: JSON.stringify(wish), signal });
  }
}
