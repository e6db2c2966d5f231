// `?wait=`: readers get the next change.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { json, problem } from "../support/answers.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { file, status } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startSourced } from "../support/vaults/served.mjs";

/** The wait in seconds: a reader gets a change long before it is over. */
const LONG = 10;

describe("waiting", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  /** Returns the response, and whether it came before the wait was over. */
  async function read(path, seconds) {
    const begun = Date.now();
    const response = await vault.get(path);
    const elapsed = Date.now() - begun;
    return { response, isEarly: elapsed < seconds * 500, isFull: elapsed >= seconds * 1_000 - 50 };
  }

  /**
   * Starts to read, gives the reader time to wait, acts, and returns what was read. A reader that comes too late finds
   * the change already made, so a slow machine cannot fail this.
   */
  async function readDuring(path, act) {
    const reading = read(path, LONG);
    await sleep(300);
    await act();
    const { response, isEarly } = await reading;
    assert.ok(isEarly, `${path}: told only when the time was up`);
    return response;
  }

  test("returns at once when the version differs, or is missing", async () => {
    await vault.deliver(acquired("701"));
    for (const query of ["", "&version=0", "&version=2"]) {
      const { response, isEarly } = await read(`/jobs/701?wait=${LONG}${query}`, LONG);
      assert.ok(isEarly, query);
      assert.equal((await json(response)).version, 1);
    }
  });

  test("returns at the next change when the version is the same", async () => {
    await vault.deliver(acquired("702", 0));
    const path = `/jobs/702?wait=${LONG}&version=1`;
    const response = await readDuring(path, () => vault.deliver(told("failed", "702", 1)));
    const { version, status } = await json(response);
    assert.deepEqual([version, status], [2, "failed"]);
  });

  test("a delivery that changes nothing wakes nobody; the end returns the present record", async () => {
    await vault.deliver(acquired("703"));
    const reading = read("/jobs/703?wait=2&version=1", 2);
    await sleep(300);
    await vault.deliver(acquired("703"));
    const { response, isFull } = await reading;
    assert.ok(isFull);
    const { version, deliveries, duplicates } = await json(response);
    assert.deepEqual([version, deliveries, duplicates], [1, 2, 1]);
  });

  test("several readers get a change, and others are not delayed", async () => {
    await vault.deliver(acquired("704", 0));
    const path = `/jobs/704?wait=${LONG}&version=1`;
    const reading = Promise.all([1, 2, 3].map(() => read(path, LONG)));
    await sleep(300);
    assert.equal((await vault.job("704")).version, 1);
    await vault.deliver(told("failed", "704", 1));
    for (const { response, isEarly } of await reading) {
      assert.ok(isEarly);
      assert.equal((await json(response)).version, 2);
    }
  });

  test("for=settled waits until the files are stored", async () => {
    const path = "/outputs/free/705_0_a.mp4";
    const url = source.put(path);
    source.on(path, status(503), status(503), file(Buffer.from("at last")));
    await vault.deliver(acquired("705"));
    const reading = readDuring(`/jobs/705?wait=${LONG}&for=settled`, () => vault.deliver(completed(url)));
    const job = await json(await reading);
    assert.deepEqual([job.status, job.archive], ["completed", "stored"]);
    const { response, isEarly } = await read(`/jobs/705?wait=${LONG}&for=settled&version=${job.version}`, LONG);
    assert.ok(isEarly, "settled already");
    assert.deepEqual(await json(response), job);
  });

  test("for=settled ends for a job that fails", async () => {
    await vault.deliver(acquired("706", 0));
    const path = `/jobs/706?wait=${LONG}&for=settled`;
    const response = await readDuring(path, () => vault.deliver(told("failed", "706", 1)));
    assert.equal((await json(response)).status, "failed");
  });

  test("the result's route waits until there is a result", async () => {
    await vault.deliver(acquired("707"));
    const path = `/jobs/707/result?wait=${LONG}&version=1`;
    const body = { eventType: "completed", jobId: "707", text: "done" };
    assert.deepEqual(await json(await readDuring(path, () => vault.deliver(body))), { text: "done" });
  });

  test("the result's route waits with for=settled", async () => {
    await vault.deliver(acquired("708", 0));
    const body = { eventType: "completed", jobId: "708", text: "done" };
    const path = `/jobs/708/result?wait=${LONG}&for=settled`;
    assert.deepEqual(await json(await readDuring(path, () => vault.deliver(body))), { text: "done" });
    const { response } = await read("/jobs/708/result?wait=2&version=2", 2);
    assert.deepEqual(await json(response), { text: "done" });
  });

  const unknown = {
    "by its id": ["711", acquired("711"), {}],
    "by its id, from version 0": ["712", acquired("712"), {}, "&version=0"],
    "by its id, until it is settled": ["713", told("failed", "713"), {}, "&for=settled"],
    "by the reference that it lives at": ["ref:w-1", told("acquired"), { reference: "w-1" }],
    "by the reference that comes to lead to it": ["ref:w-2", acquired("714"), { reference: "w-2" }],
    "by the reference without its mark": ["w-3", told("acquired"), { reference: "w-3" }],
    "by the bare reference that comes to lead to it": ["w-4", acquired("715"), { reference: "w-4" }],
  };
  for (const [how, [name, body, options, query = ""]] of Object.entries(unknown)) {
    test(`works for a job that is not known yet, ${how}`, async () => {
      const path = `/jobs/${name}?wait=${LONG}${query}`;
      const response = await readDuring(path, () => vault.deliver(body, options));
      assert.equal((await json(response)).status, body.eventType);
    });
  }

  test("works for an id that later leads to a reference's job", async () => {
    await vault.deliver(told("acquired"), { reference: "w-5" });
    const deliver = () => vault.deliver(told("failed", "716", 1), { reference: "w-5" });
    const response = await readDuring(`/jobs/716?wait=${LONG}`, deliver);
    assert.equal((await json(response)).id, "716");
  });

  test("ends with a 404 for a job that stays unknown", async () => {
    for (const path of ["/jobs/never", "/jobs/ref:never", "/jobs/never/result"]) {
      const { response, isFull } = await read(`${path}?wait=1`, 1);
      assert.ok(isFull, path);
      await problem(response, 404);
    }
  });

  test("a reader who leaves costs nobody anything", async () => {
    await vault.deliver(acquired("717", 0));
    const leaving = AbortSignal.timeout(200);
    const path = `/jobs/717?wait=${LONG}&version=1`;
    await assert.rejects(vault.get(path, { signal: leaving }), { name: "TimeoutError" });
    const response = await readDuring(path, () => vault.deliver(told("failed", "717", 1)));
    assert.equal((await json(response)).version, 2);
  });
});
