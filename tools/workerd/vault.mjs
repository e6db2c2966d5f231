// The built Worker in real workerd, on a port of loopback. Its storage survives restarts.
import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Miniflare } from "miniflare";
import { ROOT } from "../setup/project.mjs";
import { DOOR, Door, withDoor } from "./door.mjs";
import { runtimeOptions } from "./options.mjs";
import { workerds } from "./process.mjs";
import { API_TOKEN, HOOK_TOKEN } from "./tokens.mjs";
import { eventually } from "./wait.mjs";

export { API_TOKEN, HOOK_TOKEN, ROOT };

/** The modules of the built Worker. */
export const BUILT = [
  { type: "ESModule", path: join(ROOT, "build/index.js") },
  { type: "CompiledWasm", path: join(ROOT, "build/index_bg.wasm") },
];

/** Shortens the pauses between retries: host tests check the schedule itself. */
const USUAL = { HOOK_TOKEN, API_TOKEN, RETRY_BASE_MS: "25" };

/** Closes each connection, because a kept one may lead to a workerd that was killed. */
const ALONE = { connection: "close" };

export class LocalVault {
  #dir;
  #vars;
  #change;
  #mf;
  #door = new Door(() => this.#mf.unsafeGetDirectURL(DOOR));
  /** Everything that the Worker logged: `{level, message}`. */
  logs = [];

  /**
   * @param {object} options
   * @param {string} options.dir the folder of its storage, which `end` removes
   * @param {Record<string, string | null>} [options.vars] added to the usual ones; `null` unsets one
   * @param {(options: object) => object} [options.change] changes miniflare's options
   */
  constructor({ dir, vars = {}, change = (options) => options }) {
    [this.#dir, this.#vars, this.#change] = [dir, { ...USUAL, ...vars }, change];
  }

  async start() {
    const set = Object.entries(this.#vars).filter(([, value]) => value != null);
    this.#mf = new Miniflare(withDoor(this.#change(await this.#options(Object.fromEntries(set)))));
    this.url = (await this.#mf.ready).origin;
  }

  async #options(vars) {
    return {
      ...(await runtimeOptions({ modules: BUILT, vars, dir: this.#dir })),
      handleStructuredLogs: (line) => {
        this.logs.push(line);
      },
    };
  }

  /** Ends workerd and starts it again over the same storage; `vars` replace variables. */
  async restart(vars = {}) {
    await this.halt();
    Object.assign(this.#vars, vars);
    await this.start();
  }

  /** Ends workerd. The storage stays. */
  halt() {
    return this.#mf.dispose();
  }

  /** Kills workerd with `kill -9`; miniflare starts another one. */
  async kill() {
    const pids = workerds();
    assert.equal(pids.length, 1, "one workerd to kill");
    process.kill(pids[0], "SIGKILL");
    await eventually("workerd is another process", async () => {
      const now = workerds();
      if (now.length === 0 || now.includes(pids[0])) return undefined;
      const alive = await fetch(`${this.url}/healthz`).catch(() => undefined);
      return alive?.ok || undefined;
    });
  }

  hookUrl(reference = "") {
    return `${this.url}/hook/${HOOK_TOKEN}${reference && `/${reference}`}`;
  }

  /** Sends a `POST` with a body as it is: text, bytes or a stream. */
  post(path, body, headers = {}) {
    const init = { method: "POST", body, duplex: "half" };
    const usual = { "content-type": "application/json", ...ALONE };
    return fetch(new URL(path, this.url), { ...init, headers: { ...usual, ...headers } });
  }

  /** Sends these lines as `POST /jobs`. */
  import(...lines) {
    const body = lines.map((line) => JSON.stringify(line)).join("\n");
    return this.post("/jobs", body, { authorization: `Bearer ${API_TOKEN}` });
  }

  /** Sends a `GET` with the API token. */
  get(path, init = {}) {
    const headers = { authorization: `Bearer ${API_TOKEN}`, ...ALONE, ...init.headers };
    return fetch(this.url + path, { ...init, headers });
  }

  bucket() {
    return this.#door.bucket;
  }

  records() {
    return this.#door.records;
  }

  /** Counts the multipart uploads that are neither completed nor aborted, in miniflare's database. */
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

  /**
   * Returns what the objects of this class have stored, as workerd keeps it. That is the number of their databases, all
   * rows of those that have any, and the alarms that are set.
   */
  async objects(name) {
    const files = (await readdir(this.#dir, { recursive: true }))
      .filter((path) => new RegExp(`/[^/]*-${name}/[^/]+\\.sqlite$`).test(`/${path}`));
    const [alarms, databases] = [true, false].map((wanted) =>
      files.filter((path) => path.endsWith("/metadata.sqlite") === wanted));
    const rows = databases.map((path) => rowsOf(join(this.#dir, path))).filter((all) => all.length > 0);
    return { databases: databases.length, rows, alarms: alarms.flatMap((path) =>
      rowsOf(join(this.#dir, path))) };
  }

  /** Ends workerd and removes the storage. */
  async end() {
    await this.halt();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Returns all rows of a database, each with its table. */
function rowsOf(path) {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.flatMap(({ name }) => {
      const all = database.prepare(`SELECT * FROM "${name}"`);
      // An alarm's time is in nanoseconds, too large for a double.
      all.setReadBigInts(true);
      return all.all().map((row) => ({ table: name, ...row }));
    });
  } finally {
    database.close();
  }
}
