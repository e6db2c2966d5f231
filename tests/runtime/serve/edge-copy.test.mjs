// A copy in KV answers `GET /jobs/{id}` of a settled job, and follows the job.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { problem } from "../support/answers.mjs";
import { misbound, startSpoilt } from "../support/vaults/bindings.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { file } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const QUOTA = "get,getWithMetadata,put,delete";

/** Returns a response's body, and who answered. */
async function read(vault, path) {
  const response = await vault.get(path);
  assert.equal(response.status, 200, path);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  return { text: await response.text(), source: response.headers.get("x-hookvault-source") };
}

const copyOf = async (vault, key) => (await vault.records()).get(key, "json");

/** Returns the copy under this key, once it is as expected. */
const copied = (vault, key, is = () => true) => eventually(`${key} is copied`, async () => {
  const copy = await copyOf(vault, key);
  return copy && is(copy) ? copy : undefined;
});

const uncopied = (vault, key) => eventually(`${key} has no copy`, async () =>
  (await copyOf(vault, key)) === null || undefined);

describe("the copy in KV", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  const store = async (id) => {
    await vault.deliver(completed(source.put(`/outputs/free/${id}_0_a.mp4`), id));
    return copied(vault, id);
  };

  const post = (path) => vault.post(path, "", { authorization: `Bearer ${API_TOKEN}` });

  /** Holds the file at `path` back until the returned function is called. */
  const hold = (path) => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    source.on(path, async (response) => {
      await held;
      file(Buffer.from("held"))(response);
    });
    return release;
  };

  test("of a job that lives at its reference is under its id, once that is known", async () => {
    await vault.deliver({ eventType: "failed" }, { reference: "e-9" });
    await copied(vault, "ref:e-9");
    await vault.deliver({ eventType: "completed", jobId: "899", x: 1 }, { reference: "e-9" });
    await copied(vault, "899", ({ status }) => status === "completed");
    await uncopied(vault, "ref:e-9");
    assert.equal((await read(vault, "/jobs/899")).source, "edge");
    assert.equal((await read(vault, "/jobs/ref:e-9")).source, "object");
    await fetch(`${vault.url}/jobs/899`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
    for (const name of ["899", "ref:e-9"]) vault.unwatch(name);
    await uncopied(vault, "899");
  });

  test("is byte for byte what the job answers; `wait` asks the job", async () => {
    await store("801");
    const copy = await read(vault, "/jobs/801");
    const truth = await read(vault, "/jobs/801?wait=0");
    assert.deepEqual([copy.source, truth.source], ["edge", "object"]);
    assert.equal(copy.text, truth.text);
    for (const query of ["wait=1", "version=1", "for=settled", "wait=0&version=0"]) {
      assert.equal((await read(vault, `/jobs/801?${query}`)).source, "object", query);
    }
    await problem(await vault.get("/jobs/801?wait=x"), 400);
  });

  test("is only tried first: without it the job answers", async () => {
    await vault.deliver(acquired("802"));
    assert.equal((await read(vault, "/jobs/802")).source, "object");
    assert.equal(await copyOf(vault, "802"), null);
    await problem(await vault.get("/jobs/unknown"), 404);
  });

  test("is only for callers with the right to read", async () => {
    await store("803");
    for (const headers of [{}, { authorization: `Bearer ${API_TOKEN}x` }]) {
      const response = await fetch(`${vault.url}/jobs/803`, { headers });
      assert.equal(response.headers.get("x-hookvault-source"), null);
      await problem(response, 401);
    }
  });

  test("HEAD answers the same without the body", async () => {
    await store("804");
    const response = await vault.get("/jobs/804", { method: "HEAD" });
    assert.deepEqual([response.status, await response.text()], [200, ""]);
    assert.equal(response.headers.get("x-hookvault-source"), "edge");
    assert.equal(response.headers.get("content-type"), "application/json");
  });

  test("is found by the id, or the reference that the job lives at, and by no other name", async () => {
    const body = { eventType: "completed", text: "done" };
    await vault.deliver(body, { reference: "e-1" });
    await copied(vault, "ref:e-1");
    assert.equal((await read(vault, "/jobs/ref:e-1")).source, "edge");
    const bare = await read(vault, "/jobs/e-1");
    assert.deepEqual(bare, { ...(await read(vault, "/jobs/ref:e-1?wait=0")), source: "object" });
    await vault.deliver({ ...body, jobId: "805" }, { reference: "e-2" });
    await copied(vault, "805");
    assert.equal((await read(vault, "/jobs/ref:e-2")).source, "object");
  });

  test("follows a revision: it is absent while files are being copied", async () => {
    await store("806");
    const path = "/outputs/free/806_1_b.mp4";
    const url = source.put(path);
    const release = hold(path);
    await vault.deliver(completed(url, "806"));
    await uncopied(vault, "806");
    const { text, source: by } = await read(vault, "/jobs/806");
    assert.deepEqual([JSON.parse(text).archive, by], ["pending", "object"]);
    release();
    const { version, files } = await copied(vault, "806");
    assert.deepEqual([files.length, version], [2, (await vault.settled("806")).version]);
  });

  test("disappears when the job is retried, and comes back when it ends", async () => {
    await vault.deliver(told("failed", "807", 1));
    await copied(vault, "807");
    await vault.deliver(told("retried", "807", 2));
    await uncopied(vault, "807");
    assert.equal(JSON.parse((await read(vault, "/jobs/807")).text).status, "retried");
    await vault.deliver(told("failed", "807", 3));
    assert.equal((await copied(vault, "807")).attempt, 2);
  });

  test("disappears when files are copied again, and comes back", async () => {
    const { version } = await store("808");
    await (await vault.bucket()).delete((await vault.keys("jobs/808/"))[0]);
    const release = hold("/outputs/free/808_0_a.mp4");
    assert.equal((await post("/jobs/808/archive")).status, 202);
    await uncopied(vault, "808");
    release();
    assert.ok((await copied(vault, "808")).version > version);
  });

  test("disappears while the upstream is asked for a result", async () => {
    await vault.deliver(told("failed", "809", 1));
    await copied(vault, "809");
    assert.equal((await post("/jobs/809/archive")).status, 202);
    await uncopied(vault, "809");
  });

  test("counts duplicates, though they are no new version", async () => {
    await vault.deliver(told("failed", "810", 1));
    const before = await copied(vault, "810");
    for (let n = 0; n < 5; n += 1) await vault.deliver(told("failed", "810", 1));
    const copy = await copied(vault, "810", ({ duplicates }) => duplicates === 5);
    assert.deepEqual([copy.deliveries, copy.version], [6, before.version]);
    const [near, truth] = [await read(vault, "/jobs/810"), await read(vault, "/jobs/810?wait=0")];
    assert.deepEqual([near.text, near.source], [truth.text, "edge"]);
  });

  test("does not exist for a record that is too large for KV: the job answers", async () => {
    const text = "x".repeat(26 * 1024 * 1024);
    assert.equal((await vault.deliver({ eventType: "completed", jobId: "large", text })).status, 200);
    await vault.settled("large");
    const { text: record, source } = await read(vault, "/jobs/large");
    assert.deepEqual([source, JSON.parse(record).result.text.length], ["object", text.length]);
    assert.equal(await copyOf(vault, "large"), null);
  });

  test("with links of a former PUBLIC_URL is not served", async () => {
    await store("811");
    await vault.restart({ PUBLIC_URL: "https://files.example" });
    const { text, source: by } = await read(vault, "/jobs/811");
    assert.equal(by, "object");
    assert.match(JSON.parse(text).files[0].url, /^https:\/\/files\.example\//);
    await vault.restart({ PUBLIC_URL: null });
    assert.equal((await read(vault, "/jobs/811")).source, "edge");
  });
});

describe("without the copy in KV", () => {
  test("the job answers when KV is broken", async (context) => {
    const { vault, mend } = await startSpoilt(context, misbound("RECORDS"));
    vault.expectErrors(/RECORDS/);
    await vault.deliver(told("failed", "821", 1));
    assert.equal((await read(vault, "/jobs/821")).source, "object");
    await mend();
    await copied(vault, "821");
    assert.equal((await read(vault, "/jobs/821")).source, "edge");
  });

  test("the job answers when KV's quota is used up, and later answers are up to date", async (context) => {
    const vault = await startVault({ change: withEntry("limited") });
    context.after(() => vault.stop());
    vault.expectErrors(/limit exceeded for the day/);
    await vault.deliver(told("failed", "831", 1));
    await copied(vault, "831");
    assert.equal((await read(vault, "/jobs/831")).source, "edge");
    await vault.restart({ KV_LIMIT: QUOTA });
    await vault.deliver(told("retried", "831", 2));
    const { text, source } = await read(vault, "/jobs/831");
    assert.deepEqual([JSON.parse(text).status, source], ["retried", "object"]);
    await vault.restart({ KV_LIMIT: "" });
    await uncopied(vault, "831");
    assert.equal(vault.logs.some(({ message }) => /reading from KV.*limit/.test(message)), true);
  });
});
