// Everything that a row needs: the S3 server and the queue, each behind a proxy that plays faults, and the Worker.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../ports.mjs";
import { startS3 } from "../storage/s3.mjs";
import { UPSTREAM_KEY } from "../start/stack.mjs";
import { API_TOKEN, LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { Injector } from "./injector.mjs";
import { startProxy } from "./proxy.mjs";
import { startQueue } from "./queue.mjs";
import { withShims } from "./shims.mjs";

/**
 * @param {object} wanted
 * @param {object} [wanted.knobs] of all jobs
 * @param {object} [wanted.vars] the Worker's variables; those that point it to the other parts are added
 * @param {boolean} [wanted.shims] whether the Worker's bindings are watched
 * @param {number} limitMs how long a fault may take to strike all its jobs
 */
export async function startRig({ knobs = {}, vars = {}, shims = false }, limitMs) {
  const rig = new Rig(limitMs);
  try {
    await rig.start({ knobs, vars, shims });
  } catch (error) {
    await rig.stop();
    throw error;
  }
  return rig;
}

class Rig {
  injector = new Injector();
  /** How many connections went to a forbidden host. */
  forbidden = 0;
  /** The deliveries that a row has sent itself, by job, in the form of the simulator's. */
  own = new Map();
  /** The jobs that are deleted, and must stay so. */
  deleted = new Set();
  #limitMs;
  #stops = [];

  constructor(limitMs) {
    this.#limitMs = limitMs;
  }

  async start({ knobs, vars, shims }) {
    const s3 = await this.#startS3();
    this.sources = await this.#startProxy(s3.url, "source");
    this.queue = await startQueue({ ...s3, url: this.sources }, knobs);
    this.onStop(() => this.queue.stop());
    const upstream = await this.#startProxy(this.queue.url, "queue");
    const [port, dir] = [await freePort(), await mkdtemp(join(tmpdir(), "hookvault-faults-"))];
    const watch = shims ? withShims((step) => this.injector.meet(step)) : (options) => options;
    const change = (options) => ({ ...watch(options), port });
    this.vault = new LocalVault({ dir, change, vars: { ...this.#vars(upstream), ...vars } });
    await this.vault.start();
    this.onStop(() => this.vault.end());
  }

  #vars(upstream) {
    return {
      ALLOWED_SOURCE_HOSTS: this.sources,
      UPSTREAM_QUEUE_URL: `${upstream}/queue`,
      UPSTREAM_FAL_URL: `${upstream}/fal/queue`,
      UPSTREAM_API_KEY: UPSTREAM_KEY,
    };
  }

  async #startS3() {
    const dir = await mkdtemp(join(tmpdir(), "hookvault-s3-"));
    this.onStop(() => rm(dir, { recursive: true, force: true }));
    const s3 = await startS3({ dir });
    this.onStop(() => s3.stop());
    return s3;
  }

  /** Starts a proxy, and returns its URL. */
  async #startProxy(target, kind) {
    const proxy = await startProxy(target, this.injector, kind);
    this.onStop(() => proxy.stop());
    return proxy.url;
  }

  /** Submits jobs whose webhooks come to this vault; see `Queue.submit`. */
  submit(count, knobs) {
    return this.queue.submit((reference) => this.vault.hookUrl(reference), count, knobs);
  }

  /** Delivers a body as the queue would, and notes it. Returns the status, or null without a response. */
  async deliver(id, body) {
    const text = JSON.stringify(body);
    const answer = await this.vault.post(this.vault.hookUrl(), text).catch(() => undefined);
    const status = answer?.status ?? null;
    const sha256 = createHash("sha256").update(text).digest("hex");
    const bytes = Buffer.byteLength(text);
    const before = this.own.get(id) ?? [];
    this.own.set(id, [...before, { eventType: body.eventType, status, bytes, sha256 }]);
    return status;
  }

  /** Sends a share of a delivery, and holds the rest back. */
  async beginToDeliver(body, share) {
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = { "content-type": "application/json", "content-length": bytes.length };
    const sending = request(this.vault.hookUrl(), { method: "POST", headers });
    sending.on("error", () => {});
    const part = bytes.subarray(0, Math.floor(bytes.length * share));
    await new Promise((resolve) => sending.write(part, resolve));
    return sending;
  }

  async delete(id) {
    const { status } = await this.vault.get(`/jobs/${id}`, { method: "DELETE" });
    if (status !== 204) console.error(`DELETE of job ${id} answers ${status}`);
    this.deleted.add(id);
  }

  /** Imports all jobs into the vault. */
  async import() {
    const type = { "content-type": "application/x-ndjson" };
    const headers = { authorization: `Bearer ${API_TOKEN}`, ...type };
    const { status } = await this.vault.post("/jobs", this.queue.importLines, headers);
    if (status !== 200) console.error(`POST /jobs answers ${status}`);
  }

  /** Resolves when `isSo` holds for all these jobs. If it never does, prints that, and the table shows it. */
  async until(what, ids, isSo) {
    const areAll = () => ids.every(isSo) || undefined;
    await eventually(what, areAll, { limitMs: this.#limitMs }).catch(({ message }) =>
      console.error(message));
  }

  untilStruck(ids) {
    return this.until("all jobs are struck", ids, (id) => this.injector.struck.has(id));
  }

  /** Kills workerd. What the injector holds at that moment is struck. */
  async kill() {
    this.injector.strikeHeld();
    await this.vault.kill();
    this.injector.release();
  }

  /** Kills workerd as soon as all of these jobs are held. */
  async killHeld(ids) {
    await this.until("all jobs are held", ids, (id) => this.injector.holds(id));
    await this.kill();
  }

  /** Adds a function for `stop` to call; the last one runs first. */
  onStop(stop) {
    this.#stops.push(stop);
  }

  /** Stops everything, even if a part fails to stop: what is left would keep the process alive. */
  async stop() {
    this.injector.calm();
    const failures = [];
    while (this.#stops.length > 0) {
      try {
        await this.#stops.pop()();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
