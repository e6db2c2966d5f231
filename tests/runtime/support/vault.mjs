// The built Worker in real workerd, on a loopback port, with storage that survives `restart()`.
//
// `stop()` fails the test that leaves work behind: a file still to be copied, a settled job that
// was not published, or an error in the log that the test did not expect.
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "./servers/connections.mjs";
import { LocalVault } from "../../../tools/workerd/vault.mjs";
import { nothingPending } from "./leftovers.mjs";
import { eventually } from "./wait.mjs";

export { API_TOKEN, HOOK_TOKEN } from "../../../tools/workerd/vault.mjs";

/** For a vault's variables: one that may only read. */
export const READ_TOKEN = "test-read-token-0123456789";

/**
 * @param {object} options
 * @param {string} [options.sources] `ALLOWED_SOURCE_HOSTS`
 * @param {Record<string, string | null>} [options.vars] over the usual ones; `null` unsets
 * @param {(options: object) => object} [options.change] changes miniflare's options
 */
export async function startVault({ sources, vars = {}, change } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "hookvault-test-"));
  const vault = new Vault({ dir, vars: { ALLOWED_SOURCE_HOSTS: sources, ...vars }, change });
  await vault.start();
  return vault;
}

class Vault extends LocalVault {
  #jobs = new Set();
  #expected = [];
  #left = false;

  /** Errors that match are no failure of this test. */
  expectErrors(pattern) {
    this.#expected.push(pattern);
  }

  /** The test means to leave work behind. */
  leaveWork() {
    this.#left = true;
  }

  /** Delivers a body as the upstream does; objects are written as JSON. `stop()` does not look after who is one of many. */
  async deliver(body, { reference, query = "", headers, isOneOfMany = false } = {}) {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const text = isRaw ? body : JSON.stringify(body);
    const response = await this.post(this.hookUrl(reference) + query, text, headers);
    const answer = await response.json();
    if (response.status === 200 && !isOneOfMany) this.watch(answer.id);
    return { status: response.status, ...answer };
  }

  /** Has `stop()` check this job, which the test's own deliveries did not tell of. */
  watch(id) {
    this.#jobs.add(id);
  }

  /** The job is deleted: there is nothing to check any more. */
  unwatch(id) {
    this.#jobs.delete(id);
  }

  async json(path) {
    const response = await this.get(path);
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return response.json();
  }

  /** The record as the job has it now; without `wait` it may be an older copy. */
  job(id) {
    return this.json(`/jobs/${id}?wait=0`);
  }

  async events(id) {
    return (await this.json(`/jobs/${id}/events?limit=1000`)).events;
  }

  /** The timeline's deliveries as `acquired:applied`. */
  async outcomes(id) {
    const deliveries = (await this.events(id)).filter(({ trust }) => trust !== null);
    return deliveries.map(({ eventType, outcome }) => `${eventType}:${outcome}`);
  }

  /** The record as soon as nothing more is to come, which is soon. */
  settled(id, options) {
    return eventually(`job ${id} is settled`, async () => {
      const response = await this.get(`/jobs/${id}?wait=0`);
      if (response.status !== 200) return undefined;
      const job = await response.json();
      const ended = ["completed", "failed", "cancelled"].includes(job.status);
      return ended && job.archive !== "pending" ? job : undefined;
    }, options);
  }

  /** The keys in the bucket that begin with `prefix`. */
  async keys(prefix) {
    const { objects } = await (await this.bucket()).list({ prefix });
    return objects.map(({ key }) => key);
  }

  async stop() {
    try {
      if (!this.#left) await nothingPending(this, this.#jobs);
    } finally {
      await this.end();
    }
    const isExpected = (text) => this.#expected.some((pattern) => pattern.test(text));
    const errors = this.logs.filter(({ level, message }) => level === "error" && !isExpected(message));
    assert.deepEqual(errors, [], "logged errors");
  }
}
