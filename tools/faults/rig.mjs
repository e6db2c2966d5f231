// Everything that a row plays with: the S3 server and the queue, each behind a proxy that plays
// faults, and the Worker.
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startS3 } from "../s3.mjs";
import { startSimulator } from "../simulator/server.mjs";
import { freePort, UPSTREAM_KEY } from "../stack.mjs";
import { API_TOKEN, LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { Injector } from "./injector.mjs";
import { startProxy } from "./proxy.mjs";
import { withShims } from "./shims.mjs";

const MODEL = "wan22-fast-t2v";
/** Jobs that take no longer than they must. */
const USUAL = { queueMs: 0, runMs: 0, leaseMs: 1_000, size: 65_536, previews: 0 };

/**
 * @param {object} wanted
 * @param {object} [wanted.knobs] of all jobs
 * @param {object} [wanted.vars] of the Worker, over those that point it here
 * @param {boolean} [wanted.shims] whether the Worker's bindings are watched
 * @param {number} limitMs how long a fault may take to strike all its jobs
 */
export async function startRig({ knobs = {}, vars = {}, shims = false }, limitMs) {
  const rig = new Rig({ ...USUAL, ...knobs }, limitMs);
  try {
    await rig.start(vars, shims);
  } catch (error) {
    await rig.stop();
    throw error;
  }
  return rig;
}

class Rig {
  injector = new Injector();
  /** The jobs' ids, in the order of their submission. */
  ids = [];
  /** Connections to where nobody may connect. */
  forbidden = 0;
  /** What a row has delivered by itself, as the simulator tells of its deliveries, by job. */
  own = new Map();
  #knobs;
  #limitMs;
  #stops = [];
  #told = new Set();
  #listeners = new Set();

  constructor(knobs, limitMs) {
    [this.#knobs, this.#limitMs] = [knobs, limitMs];
  }

  async start(vars, shims) {
    const s3 = await this.#startS3();
    const source = await this.#startProxy(s3.url, "source");
    this.sources = source.url;
    this.simulator = await startSimulator({ s3: { ...s3, url: source.url }, token: UPSTREAM_KEY,
      knobs: this.#knobs, log: (line) => this.#hear(line) });
    this.#stops.push(() => this.simulator.close({ abandon: true }));
    const queue = await this.#startProxy(this.simulator.url, "queue");
    const [port, dir] = [await freePort(), await mkdtemp(join(tmpdir(), "hookvault-faults-"))];
    const watch = shims ? withShims((step) => this.injector.meet(step)) : (options) => options;
    this.vault = new LocalVault({ dir, change: (options) => ({ ...watch(options), port }),
      vars: {
        ALLOWED_SOURCE_HOSTS: this.sources,
        UPSTREAM_QUEUE_URL: `${queue.url}/queue`,
        UPSTREAM_FAL_URL: `${queue.url}/fal/queue`,
        UPSTREAM_API_KEY: UPSTREAM_KEY,
        ...vars,
      } });
    await this.vault.start();
    this.#stops.push(() => this.vault.end());
  }

  async #startS3() {
    const dir = await mkdtemp(join(tmpdir(), "hookvault-s3-"));
    this.#stops.push(() => rm(dir, { recursive: true, force: true }));
    const s3 = await startS3({ dir });
    this.#stops.push(() => s3.stop());
    return s3;
  }

  async #startProxy(target, kind) {
    const proxy = await startProxy(target, this.injector, kind);
    this.#stops.push(() => proxy.stop());
    return proxy;
  }

  /**
   * Submits jobs. Every second one's webhooks carry a reference, and half of the `completed`
   * ones no id, as in the upstream's document.
   *
   * @param {number} count
   * @param {object | ((n: number) => object)} [knobs] over those of the rig
   * @returns {Promise<string[]>} their ids
   */
  async submit(count, knobs = {}) {
    const from = this.ids.length;
    const knobsOf = typeof knobs === "function" ? knobs : () => knobs;
    const ids = await Promise.all(Array.from({ length: count }, (_, k) =>
      this.#submit(from + k, { dialect: (from + k) % 4 < 2 ? "today" : "seed", ...knobsOf(from + k) })));
    this.ids.push(...ids);
    return ids;
  }

  async #submit(n, knobs) {
    const hook = `${this.vault.hookUrl(n % 2 === 1 ? `order-${n}` : "")}?app=${MODEL}`;
    const { request_id: id } = await this.ask(`/queue/${MODEL}?fal_webhook=${encodeURIComponent(hook)}`, {
      method: "POST",
      body: JSON.stringify({ prompt: "An astronaut riding a horse.", _sim: knobs }),
    });
    return id;
  }

  /** Asks the simulator itself, by no proxy. */
  async ask(path, init = {}) {
    const headers = { authorization: `Bearer ${UPSTREAM_KEY}` };
    const answer = await fetch(this.simulator.url + path, { headers, ...init });
    if (!answer.ok) throw new Error(`the simulator answers ${answer.status} to ${path}`);
    return answer.json();
  }

  /** The simulator's own view of a job. */
  truth(id) {
    return this.ask(`/_sim/jobs/${id}`);
  }

  /** What the queue's result route says, its URLs signed just now. */
  result(id) {
    return this.ask(`/queue/${MODEL}/requests/${id}`);
  }

  /** Delivers a body as the simulator would, and notes it; returns the status, if any. */
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

  /** Resolves in the moment in which the last of these jobs' events has got its 200. */
  told(ids, eventType) {
    const awaited = ids.map((id) => `job ${id}: ${eventType} told, 200`);
    const all = () => awaited.every((line) => this.#told.has(line));
    return new Promise((resolve) => {
      const check = () => all() && this.#listeners.delete(check) | resolve();
      this.#listeners.add(check);
      check();
    });
  }

  #hear(line) {
    this.#told.add(line);
    for (const check of this.#listeners) check();
  }

  /** Kills workerd; what the injector holds in that moment is struck. */
  async kill() {
    this.injector.strikeHeld();
    await this.vault.kill();
    this.injector.release();
  }

  /** Resolves when this is so of all these jobs; if it never is, the table says so in its way. */
  async until(what, ids, isSo) {
    const areAll = () => ids.every(isSo) || undefined;
    await eventually(what, areAll, { limitMs: this.#limitMs }).catch(({ message }) =>
      console.error(message));
  }

  untilStruck(ids) {
    return this.until("all jobs are struck", ids, (id) => this.injector.struck.has(id));
  }

  /** Has the vault take in all jobs by `POST /jobs`. */
  async import() {
    const lines = this.ids.map((id) => JSON.stringify({ id, app: MODEL })).join("\n");
    const headers = { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/x-ndjson" };
    const { status } = await this.vault.post("/jobs", lines, headers);
    if (status >= 300) console.error(`POST /jobs answers ${status}`);
  }

  /** Kills workerd as soon as all of these jobs are held. */
  async killHeld(ids) {
    await this.until("all jobs are held", ids, (id) => this.injector.holds(id));
    await this.kill();
  }

  /** Has `stop` end this too. */
  onStop(stop) {
    this.#stops.push(stop);
  }

  async stop() {
    this.injector.calm();
    while (this.#stops.length > 0) await this.#stops.pop()();
  }
}
