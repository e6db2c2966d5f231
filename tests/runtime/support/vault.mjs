// The built Worker in real workerd, on a loopback port, with storage that survives `restart()`.
//
// `stop()` fails the test that leaves work behind: a file still to be copied, a settled job that
// was not published, or an error in the log that the test did not expect.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions as workerOptions } from "wrangler";
import { nothingPending } from "./leftovers.mjs";
import { eventually } from "./wait.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export const HOOK_TOKEN = "test-hook-token-0123456789";
export const API_TOKEN = "test-api-token-0123456789";

/** Every retry is quick in tests; the schedule itself is tested on the host. */
const QUICK = { RETRY_BASE_MS: "25" };

/**
 * @param {object} options
 * @param {string} [options.sources] `ALLOWED_SOURCE_HOSTS`
 * @param {Record<string, string | null>} [options.vars] over the usual ones; `null` unsets
 * @param {(options: object) => object} [options.change] changes miniflare's options
 */
export async function startVault({ sources, vars = {}, change = (o) => o } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "hookvault-test-"));
  const usual = { HOOK_TOKEN, API_TOKEN, ALLOWED_SOURCE_HOSTS: sources, ...QUICK };
  const vault = new Vault(dir, { ...usual, ...vars }, change);
  await vault.start();
  return vault;
}

class Vault {
  #dir;
  #vars;
  #change;
  #mf;
  #jobs = new Set();
  #expected = [];
  #left = false;
  /** All that the Worker logged: `{level, message}`. */
  logs = [];

  constructor(dir, vars, change) {
    [this.#dir, this.#vars, this.#change] = [dir, vars, change];
  }

  async start() {
    const set = Object.entries(this.#vars).filter(([, value]) => value != null);
    this.#mf = new Miniflare(this.#change(this.#options(Object.fromEntries(set))));
    this.url = (await this.#mf.ready).origin;
  }

  /** Bindings and flags are those of wrangler.toml: that is what users deploy. */
  #options(vars) {
    const { workerOptions: worker } = workerOptions(join(ROOT, "wrangler.toml"));
    return {
      ...worker,
      bindings: vars,
      rootPath: ROOT,
      modules: [
        { type: "ESModule", path: join(ROOT, "build/index.js") },
        { type: "CompiledWasm", path: join(ROOT, "build/index_bg.wasm") },
      ],
      host: "127.0.0.1",
      defaultPersistRoot: this.#dir,
      r2Persist: true,
      kvPersist: true,
      durableObjectsPersist: true,
      handleStructuredLogs: (line) => {
        this.logs.push(line);
      },
    };
  }

  /** Ends workerd and starts it again over the same storage, with other variables if given. */
  async restart(vars = {}) {
    await this.#mf.dispose();
    Object.assign(this.#vars, vars);
    await this.start();
  }

  /** Errors that match are no failure of this test. */
  expectErrors(pattern) {
    this.#expected.push(pattern);
  }

  /** The test means to leave work behind. */
  leaveWork() {
    this.#left = true;
  }

  /** `POST /jobs` of these lines. */
  import(...lines) {
    const body = lines.map((line) => JSON.stringify(line)).join("\n");
    return this.post("/jobs", body, { authorization: `Bearer ${API_TOKEN}` });
  }

  hookUrl(reference = "") {
    return `${this.url}/hook/${HOOK_TOKEN}${reference && `/${reference}`}`;
  }

  /** `POST` of a body as it is: text, bytes or a stream. */
  post(path, body, headers = {}) {
    const init = { method: "POST", body, duplex: "half" };
    const type = { "content-type": "application/json" };
    return fetch(new URL(path, this.url), { ...init, headers: { ...type, ...headers } });
  }

  /** Delivers a body as the upstream does; objects are written as JSON. */
  async deliver(body, { reference, query = "", headers } = {}) {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const text = isRaw ? body : JSON.stringify(body);
    const response = await this.post(this.hookUrl(reference) + query, text, headers);
    const answer = await response.json();
    if (response.status === 200) this.watch(answer.id);
    return { status: response.status, ...answer };
  }

  /** Has `stop()` check this job, which the test's own deliveries did not tell of. */
  watch(id) {
    this.#jobs.add(id);
  }

  /** `GET` with the API token. */
  get(path, init = {}) {
    const headers = { authorization: `Bearer ${API_TOKEN}`, ...init.headers };
    return fetch(this.url + path, { ...init, headers });
  }

  async json(path) {
    const response = await this.get(path);
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return response.json();
  }

  job(id) {
    return this.json(`/jobs/${id}`);
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
  settled(id) {
    return eventually(`job ${id} is settled`, async () => {
      const response = await this.get(`/jobs/${id}`);
      if (response.status !== 200) return undefined;
      const job = await response.json();
      const ended = ["completed", "failed", "cancelled"].includes(job.status);
      return ended && job.archive !== "pending" ? job : undefined;
    });
  }

  bucket() {
    return this.#mf.getR2Bucket("FILES");
  }

  /** The keys in the bucket that begin with `prefix`. */
  async keys(prefix) {
    const { objects } = await (await this.bucket()).list({ prefix });
    return objects.map(({ key }) => key);
  }

  /** Multipart uploads that are neither completed nor aborted, as miniflare keeps them. */
  async uploadsInProgress() {
    const files = await readdir(this.#dir, { recursive: true });
    const databases = files.filter((path) => /R2BucketObject.*\.sqlite$/.test(path));
    const count = (path) => {
      const database = new DatabaseSync(join(this.#dir, path), { readOnly: true });
      const sql = "SELECT count(*) AS n FROM _mf_multipart_uploads WHERE state = 0";
      const exists = database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?");
      const n = exists.get("_mf_multipart_uploads") ? database.prepare(sql).get().n : 0;
      database.close();
      return n;
    };
    assert.notEqual(databases.length, 0, "no database of a bucket");
    return databases.map(count).reduce((sum, n) => sum + n, 0);
  }

  records() {
    return this.#mf.getKVNamespace("RECORDS");
  }

  async stop() {
    try {
      if (!this.#left) await nothingPending(this, this.#jobs);
    } finally {
      await this.#mf.dispose();
      await rm(this.#dir, { recursive: true, force: true });
    }
    const isExpected = (text) => this.#expected.some((pattern) => pattern.test(text));
    const errors = this.logs.filter(({ level, message }) => level === "error" && !isExpected(message));
    assert.deepEqual(errors, [], "logged errors");
  }
}
