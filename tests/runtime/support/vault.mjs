// The built Worker in real workerd, on a port of loopback, with storage that survives `restart()`.
//
// `stop()` fails a test that leaves work behind. That is a file to copy, a settled job that is not published, or an
// unexpected error in the log.
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "./servers/connections.mjs";
import { LocalVault } from "../../../tools/workerd/vault.mjs";
import { nothingPending } from "./leftovers.mjs";
import { eventually } from "./wait.mjs";

export { API_TOKEN, HOOK_TOKEN } from "../../../tools/workerd/vault.mjs";

/** A token that may only read, for a vault's variables. */
export const READ_TOKEN = "test-read-token-0123456789";

/**
 * @param {object} options
 * @param {string} [options.sources] `ALLOWED_SOURCE_HOSTS`
 * @param {Record<string, string | null>} [options.vars] added to the usual ones; `null` unsets one
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

  /** Declares that errors which match do not fail this test. */
  expectErrors(pattern) {
    this.#expected.push(pattern);
  }

  /** Declares that the test leaves work behind on purpose. */
  leaveWork() {
    this.#left = true;
  }

  /**
   * Delivers a body as the upstream does; objects are written as JSON. With `isOneOfMany`, `stop()` does not check the
   * job.
   */
  async deliver(body, { reference, query = "", headers, isOneOfMany = false } = {}) {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const text = isRaw ? body : JSON.stringify(body);
    const response = await this.post(this.hookUrl(reference) + query, text, headers);
    const answer = await response.json();
    if (response.status === 200 && !isOneOfMany) this.watch(answer.id);
    return { status: response.status, ...answer };
  }

  /** Makes `stop()` check this job, which is not in the answers to the test's own deliveries. */
  watch(id) {
    this.#jobs.add(id);
  }

  /** Keeps `stop()` from checking this job, because it is deleted. */
  unwatch(id) {
    this.#jobs.delete(id);
  }

  async json(path) {
    const response = await this.get(path);
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return response.json();
  }

  /** Returns the record from the job's object; without `wait` it might be an older copy. */
  job(id) {
    return this.json(`/jobs/${id}?wait=0`);
  }

  async events(id) {
    return (await this.json(`/jobs/${id}/events?limit=1000`)).events;
  }

  /** Returns the timeline's deliveries as `acquired:applied`. */
  async outcomes(id) {
    const deliveries = (await this.events(id)).filter(({ trust }) => trust !== null);
    return deliveries.map(({ eventType, outcome }) => `${eventType}:${outcome}`);
  }

  /** Returns the record once the job is settled, which is soon. */
  settled(id, options) {
    return eventually(`job ${id} is settled`, async () => {
      const response = await this.get(`/jobs/${id}?wait=0`);
      if (response.status !== 200) return undefined;
      const job = await response.json();
      const ended = ["completed", "failed", "cancelled"].includes(job.status);
      return ended && job.archive !== "pending" ? job : undefined;
    }, options);
  }

  /** Returns the keys in the bucket that begin with `prefix`. */
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
