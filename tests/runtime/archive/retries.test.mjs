// A source that fails for a while is retried until the file is stored; a dead one is not.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { cut, file, held, noise, overlong, partial, presigned, reset, SIGNATURE, status } from "../support/servers/origin.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { startServed } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const BYTES = noise(100_000);

describe("a source", () => {
  let origin, vault;
  let jobs = 0;
  before(async () => ({ origin, vault } = await startServed()));
  after(() => stopAll(vault, origin));

  /** Delivers a job with a file for each script, at unique paths; `query` signs the URLs. */
  async function deliver(scripts, query = presigned()) {
    const id = `source-${(jobs += 1)}`;
    const paths = scripts.map((_, n) => `/${id}/${n}.mp4`);
    scripts.forEach((steps, n) => origin.on(paths[n], ...steps));
    const results = paths.map((path) => origin.url + path + query);
    assert.equal((await vault.deliver({ eventType: "completed", jobId: id, results })).status, 200);
    return { id, paths };
  }

  async function checkStored(job, n, bytes = BYTES) {
    const file = job.files[n];
    assert.deepEqual([file.state, file.error, file.size], ["stored", null, bytes.length]);
    assert.deepEqual(await digest(file.url),
      { status: 200, size: bytes.length, sha256: sha256(bytes) });
  }

  async function checkNoSecrets(id) {
    for (const path of [`/jobs/${id}`, `/jobs/${id}/events`, `/jobs/${id}/result`]) {
      assert.doesNotMatch(await (await vault.get(path)).text(), new RegExp(SIGNATURE), path);
    }
    assert.deepEqual(vault.logs.filter(({ message }) => message.includes(SIGNATURE)), []);
  }

  const copies = async (id) => (await vault.events(id))
    .filter(({ outcome }) => outcome === "copy").map(({ detail }) => detail);

  const hiccups = {
    "500 twice": { steps: [status(500), status(500)], error: /answers 500/ },
    "503": { steps: [status(503)], error: /answers 503/ },
    "408": { steps: [status(408)], error: /answers 408/ },
    "401 while its URL should live": { steps: [status(401)], error: /answers 401/ },
    "403 while its URL should live": { steps: [status(403)], error: /answers 403/ },
    "404 while its URL should live": { steps: [status(404)], error: /answers 404/ },
    "410 while its URL should live": { steps: [status(410)], error: /answers 410/ },
    "204": { steps: [status(204)], error: /answers 204/ },
    "304": { steps: [status(304)], error: /answers 304/ },
    "206 that nobody asked for": { steps: [partial(BYTES)], error: /answers 206|part/ },
    "a reset before its answer": { steps: [reset], error: /can't be reached/ },
    "a body that ends early": { steps: [cut(BYTES)], error: /ended early/ },
    "a body that is reset": { steps: [cut(BYTES, { reset: true })], error: /ended early/ },
  };
  for (const [name, { steps, error }] of Object.entries(hiccups)) {
    test(`that fails for a moment with ${name} is retried`, async () => {
      const { id, paths: [path] } = await deliver([[...steps, file(BYTES)]]);
      const job = await vault.settled(id);
      assert.equal(job.archive, "stored");
      await checkStored(job, 0);
      assert.equal(job.files[0].attempts, steps.length + 1);
      assert.equal(origin.requests(path).length, steps.length + 1);
      const [trouble, stored, ...more] = await copies(id);
      assert.match(trouble, error);
      assert.match(stored, /stored, 100000 bytes/);
      assert.deepEqual(more, []);
      assert.deepEqual(await vault.keys(`jobs/${id}/`), [`jobs/${id}/0-0.mp4`]);
      await checkNoSecrets(id);
    });
  }

  test("that fails for long leaves the job pending until it works", async () => {
    const { id, paths: [path] } = await deliver([[status(500)], [file(BYTES)]]);
    const job = await eventually("three tries have failed", async () => {
      const now = await vault.job(id);
      return now.files[0].attempts >= 3 && now.files[1].state === "stored" ? now : undefined;
    });
    const [pending] = job.files;
    assert.deepEqual([job.status, job.archive, job.storedAt], ["completed", "pending", null]);
    assert.deepEqual([pending.state, pending.size, pending.etag], ["pending", null, null]);
    assert.match(pending.error, /answers 500/);
    const early = await fetch(pending.url);
    assert.equal(early.status, 503);
    assert.match(early.headers.get("retry-after"), /^[1-9]\d*$/);
    assert.equal(early.headers.get("content-type"), "application/problem+json");
    assert.deepEqual(await digest(job.files[1].url).then(({ status: code }) => code), 200);

    origin.on(path, file(BYTES));
    const settled = await vault.settled(id);
    assert.equal(settled.archive, "stored");
    await checkStored(settled, 0);
    // The early reader was passed on to the source too.
    assert.equal(origin.requests(path).length, settled.files[0].attempts + 1);
    await checkNoSecrets(id);
  });

  test("that sends Retry-After is left alone until then", async () => {
    const busy = status(429, { "retry-after": "1" });
    const { id, paths: [path] } = await deliver([[busy, file(BYTES)]]);
    const job = await vault.settled(id);
    await checkStored(job, 0);
    const [first, second, ...more] = origin.requests(path);
    assert.ok(second.at - first.at >= 1_000, `${second.at - first.at} ms`);
    assert.deepEqual(more, []);
  });

  test("gets a request for unencoded bytes, without any key", async () => {
    const { id, paths: [path] } = await deliver([[file(BYTES)]]);
    await vault.settled(id);
    const [{ headers }] = origin.requests(path);
    assert.equal(headers["accept-encoding"], "identity");
    for (const name of ["authorization", "cookie", "range"]) assert.ok(!(name in headers), name);
  });

  for (const code of [401, 403, 404, 410]) {
    test(`that answers ${code} after its URL's deadline is lost`, async () => {
      const dead = presigned({ ago: 7_200, lifetime: 3_600 });
      const { id, paths: [path] } = await deliver([[status(code)]], dead);
      const job = await vault.settled(id);
      assert.deepEqual([job.status, job.archive, job.storedAt], ["completed", "lost", null]);
      const [{ state, attempts, error, url }] = job.files;
      assert.deepEqual([state, attempts], ["lost", 1]);
      assert.match(error, new RegExp(`answers ${code}`));
      assert.equal(origin.requests(path).length, 1);
      assert.equal((await fetch(url)).status, 410);
      assert.match((await copies(id)).join(), /lost: the source answers/);
      await checkNoSecrets(id);
    });
  }

  test("whose URL is past its deadline but still works is copied", async () => {
    const { id } = await deliver([[file(BYTES)]], presigned({ ago: 7_200, lifetime: 3_600 }));
    const job = await vault.settled(id);
    await checkStored(job, 0);
    assert.equal(job.files[0].slackMs, 0);
  });

  test("that is lost beside a stored file makes the archive partial", async () => {
    const dead = presigned({ ago: 7_200, lifetime: 3_600 });
    const { id } = await deliver([[status(404)], [file(BYTES)], [status(410)]], dead);
    const job = await vault.settled(id);
    assert.equal(job.archive, "partial");
    assert.deepEqual(job.files.map(({ state }) => state), ["lost", "stored", "lost"]);
    await checkStored(job, 1);
  });

  test("that sends more than its length gives only that length, and harms no other file", async () => {
    vault.expectErrors(/Invalid response status line/);
    const first = await deliver([[overlong(BYTES, "this is no answer\r\n\r\n")]]);
    await checkStored(await vault.settled(first.id), 0);
    const next = await deliver([[file(BYTES)], [file(BYTES)], [file(BYTES)]]);
    const job = await vault.settled(next.id);
    for (const n of [0, 1, 2]) await checkStored(job, n);
  });

  test("is read to its end before its file counts as stored", async () => {
    const { step, release } = held(BYTES);
    const { id, paths: [path] } = await deliver([[step]]);
    await eventually("the copy has begun", () => origin.requests(path).length || undefined);
    const job = await vault.job(id);
    assert.deepEqual([job.archive, job.files[0].state], ["pending", "pending"]);
    const early = await fetch(job.files[0].url);
    assert.match(early.headers.get("cache-control"), /no-store/);
    release();
    assert.ok(Buffer.from(await early.arrayBuffer()).equals(BYTES));
    await checkStored(await vault.settled(id), 0);
  });
});
