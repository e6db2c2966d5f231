// What goes on at a vault while it is deployed, and whether all of it has been kept.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import WebSocket from "ws";
import { API_TOKEN } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { content, FILES } from "./outside.mjs";
import { deliver } from "./scenario.mjs";

const AUTHORIZED = { authorization: `Bearer ${API_TOKEN}` };
/** What is listed and told within a second on a machine that is not busy. */
const SOON = { limitMs: 15_000 };
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

export class Traffic {
  /** Jobs as they must be, by id. */
  #jobs = new Map();
  #deleted = new Set();
  #viewer;
  /** Since the viewer is here. */
  #changed = new Set();

  constructor(vault) {
    this.vault = vault;
  }

  /** A delivery that is answered with 200; `times`: it is sent again and again. */
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

  /** A result whose body names the job, or only its reference does. */
  async complete(id, { isBare = false, pad, ...options } = {}) {
    const url = FILES + (isBare ? `bare-${id}.mp4` : `${id}_0_a.mp4`);
    const body = { eventType: "completed", ...(!isBare && { jobId: id }), video: { data_uri: url }, pad };
    await this.#tell(id, body, options);
    this.#becomes(id, { status: "completed", files: [url] });
  }

  /** As `complete`, for who may not be answered: then what is known of the job is as before, or as it is after this. */
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

  /** A word that changes nothing but the timeline. */
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

  /** Someone watches from now on. */
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
    if (messages) await eventually(`the viewer is told of ${what}`, () => messages.some(is) || undefined, SOON);
  }

  async #record(id) {
    const response = await this.vault.get(`/jobs/${id}?wait=0`);
    assert.equal(response.status, 200, `${id}: ${await response.clone().text()}`);
    return response.json();
  }

  /** One job is as it must be, for each of its readers. */
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
   * All jobs, the list, the sums and the export are as they must be.
   *
   * @param {"current" | "former" | "mixed"} [fails] who answers an export that may fail, as it asks the catalog for what only
   *   one release knows: this one with its status, e7c887d with a body that ends before its first byte
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
