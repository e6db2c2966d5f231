// Plays traffic at a vault while it is deployed, and checks that everything was kept.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import WebSocket from "ws";
import { API_TOKEN } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { content, FILES } from "./outside.mjs";
import { deliver } from "./scenario.mjs";

const AUTHORIZED = { authorization: `Bearer ${API_TOKEN}` };
/** The limit for lists and messages, which take less than a second on an idle machine. */
const SOON = { limitMs: 15_000 };
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

export class Traffic {
  /** The expected state of each job, by id. */
  #jobs = new Map();
  #deleted = new Set();
  #viewer;
  /** The jobs that have changed since the viewer came. */
  #changed = new Set();

  constructor(vault) {
    this.vault = vault;
  }

  /** Sends a delivery, which must be answered with 200, `times` times. */
  async #tell(id, body, { reference, times = 1 } = {}) {
    const job = this.#jobs.get(id) ?? { status: "queued", files: [], deliveries: 0, duplicates: 0 };
    this.#jobs.set(id, job);
    for (let n = 0; n < times; n += 1) {
      const answer = await deliver(this.vault, body, { reference });
      assert.deepEqual([answer.status, answer.duplicate], [200, n > 0], JSON.stringify({ body, answer }));
      job.deliveries += 1;
      job.duplicates += n > 0 ? 1 : 0;
    }
  }

  #becomes(id, now) {
    Object.assign(this.#jobs.get(id), now);
    this.#changed.add(id);
  }

  async acquire(id, options) {
    const clock = { leaseExpiry: 9e12, acquiredAt: 5, updatedAt: 5 };
    await this.#tell(id, { eventType: "acquired", jobId: id, ...clock }, options);
    this.#becomes(id, { status: "acquired" });
  }

  /** Delivers a result. Its body names the job; with `isBare` only its reference does. */
  async complete(id, { isBare = false, pad, ...options } = {}) {
    const url = FILES + (isBare ? `bare-${id}.mp4` : `${id}_0_a.mp4`);
    const body = { eventType: "completed", ...(!isBare && { jobId: id }), video: { data_uri: url }, pad };
    await this.#tell(id, body, options);
    this.#becomes(id, { status: "completed", files: [url] });
  }

  /**
   * Works like `complete`, for a delivery that may get no response. Then the vault knows the job either as before it,
   * or as after it.
   */
  async completeOnce(id) {
    const { deliveries } = this.#jobs.get(id);
    const body = { eventType: "completed", jobId: id, video: { data_uri: `${FILES}${id}_0_a.mp4` } };
    const answer = await deliver(this.vault, body);
    assert.equal(answer.status, 200, JSON.stringify(answer));
    const again = answer.duplicate ? 1 : 0;
    this.#becomes(id, { status: "completed", files: [body.video.data_uri], deliveries: deliveries + 1 + again, duplicates: again });
  }

  async fail(id, options) {
    await this.#tell(id, { eventType: "failed", jobId: id, updatedAt: 9 }, options);
    this.#becomes(id, { status: "failed" });
  }

  /** Delivers an event that changes only the timeline. */
  async add(id, { isBare = false, ...options } = {}) {
    await this.#tell(id, { eventType: "noted", ...(!isBare && { jobId: id }), n: Math.random() }, options);
  }

  async delete(id) {
    const { status } = await this.vault.get(`/jobs/${id}`, { method: "DELETE" });
    assert.equal(status, 204, `DELETE of ${id}`);
    this.#jobs.delete(id);
    this.#deleted.add(id);
    assert.equal((await this.vault.get(`/jobs/${id}?wait=0`)).status, 404);
    await this.#told("a deletion", ({ deleted }) => deleted === id);
  }

  /** Connects a viewer to the live feed. */
  async watch() {
    const messages = [];
    const socket = new WebSocket(`${this.vault.url.replace("http", "ws")}/live`, { headers: AUTHORIZED });
    socket.on("message", (data) => messages.push(JSON.parse(data)));
    socket.on("error", () => {});
    this.#viewer = { socket, messages };
    this.#changed.clear();
    await eventually("the viewer is here", () => messages.some(({ seq, job, deleted }) => seq !== undefined && !job && !deleted) || undefined, SOON);
  }

  leave() {
    this.#viewer?.socket.terminate();
    this.#viewer = undefined;
  }

  async #told(what, is) {
    const { messages } = this.#viewer ?? {};
    if (messages) await eventually(`the viewer gets ${what}`, () => messages.some(is) || undefined, SOON);
  }

  async #record(id) {
    const response = await this.vault.get(`/jobs/${id}?wait=0`);
    assert.equal(response.status, 200, `${id}: ${await response.clone().text()}`);
    return response.json();
  }

  /** Checks that one job is as expected, for each of its readers. */
  async check(id) {
    const { status, files, deliveries, duplicates } = this.#jobs.get(id);
    const job = await eventually(`${id} is as it must be`, async () => {
      const now = await this.#record(id);
      return now.status === status && now.archive !== "pending" && now.deliveries === deliveries ? now : undefined;
    }, SOON);
    assert.deepEqual([job.id, job.duplicates, job.files.length], [id, duplicates, files.length]);
    for (const [n, { url }] of job.files.entries()) {
      const bytes = await (await fetch(this.vault.url + new URL(url).pathname, { headers: { connection: "close" } })).arrayBuffer();
      assert.equal(sha256(Buffer.from(bytes)), sha256(content(files[n])), `${id}: ${url}`);
    }
    const { events } = await (await this.vault.get(`/jobs/${id}/events?limit=1000`)).json();
    assert.equal(events.filter(({ trust }) => trust !== null).length, deliveries, `the timeline of ${id}`);
    const isIt = ({ job: told }) => told?.id === id && told.updatedAt === job.updatedAt;
    if (this.#changed.has(id)) await this.#told(`${id} as it is`, isIt);
  }

  /**
   * Checks that all jobs, the list, the sums and the export are as expected.
   *
   * @param {"current" | "former" | "mixed"} [fails] the release that answers an export which may fail, because it asks
   *   the catalog for what only one release knows. The current one answers 503; e7c887d sends a body that ends before
   *   its first byte
   */
  async checkAll(fails) {
    const ids = [...this.#jobs.keys()].sort();
    for (const id of ids) await this.check(id);
    await eventually("all are listed as they are", async () => {
      const { jobs } = await (await this.vault.get("/jobs?limit=200")).json();
      const isSo = await Promise.all(jobs.map(async ({ id, updatedAt }) => this.#jobs.has(id) && (await this.#record(id)).updatedAt === updatedAt));
      return (jobs.length === ids.length && isSo.every(Boolean)) || undefined;
    }, SOON);
    await eventually("the sums are right", async () => {
      const { jobs, status } = await (await this.vault.get("/stats")).json();
      const counts = Object.entries(Object.groupBy(this.#jobs.values(), (job) => job.status)).map(([name, some]) => status[name] === some.length);
      return (jobs === ids.length && counts.every(Boolean)) || undefined;
    }, SOON);
    for (const id of this.#deleted) assert.equal((await this.vault.get(`/jobs/${id}?wait=0`)).status, 404, id);
    const response = await this.vault.get("/export");
    const exported = await response.text();
    if (fails && (response.status === 503 || fails !== "current" && exported === "")) return;
    assert.equal(response.status, 200, exported);
    assert.deepEqual(exported.split("\n").slice(0, -1).map((line) => JSON.parse(line).id).sort(), ids, "the export");
  }
}
