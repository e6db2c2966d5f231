// Deliveries that belong to no known job are kept and shown; a person assigns or drops them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json, problem } from "../support/answers.mjs";
import { digest } from "../support/bytes.mjs";
import { acquired, completed } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { API_TOKEN, READ_TOKEN } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";

describe("the unmatched box", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced({ vars: { READ_TOKEN } })));
  after(() => stopAll(vault, source));

  const call = (method, key, query = "", token = API_TOKEN) =>
    fetch(`${vault.url}/unmatched/${key}${query}`,
      { method, headers: { authorization: `Bearer ${token}` } });
  const keys = async () => (await vault.json("/unmatched")).unmatched.map(({ key }) => key);

  async function keep(body) {
    const { status, unmatched: key } = await vault.deliver(body);
    assert.equal(status, 202);
    return key;
  }

  test("a result is assigned to its job, with its files", async () => {
    const key = await keep(completed(source.put("/a.mp4", "a")));
    await vault.deliver(acquired("a"));
    const answer = await json(await call("POST", key, "?job=a"));
    assert.deepEqual(answer, { id: "a", eventType: "completed", duplicate: false });
    const job = await vault.settled("a");
    assert.equal((await digest(job.files[0].url)).sha256, sha256("a"));
    const { detail } = (await vault.events("a"))[1];
    assert.match(detail, /assigned by hand/);
    assert.ok(!(await keys()).includes(key));
    await problem(await call("POST", key, "?job=a"), 404);
  });

  test("a result of an unknown job is assigned by id or by reference", async () => {
    for (const [name, id] of [["unheard", "unheard"], ["ref:order-9", "ref:order-9"]]) {
      const key = await keep(completed(source.put(`/${id}.mp4`)));
      assert.equal((await json(await call("POST", key, `?job=${name}&create=true`))).id, id);
      assert.equal((await vault.settled(id)).archive, "stored");
      vault.watch(id);
    }
  });

  test("a large result keeps its body", async () => {
    const pad = "x".repeat(400_000);
    const key = await keep({ ...completed(source.put("/large.mp4")), pad });
    await json(await call("POST", key, "?job=large&create=true"));
    assert.equal((await (await vault.get("/jobs/large/events/1/body")).json()).pad, pad);
    await vault.settled("large");
    vault.watch("large");
  });

  test("a delivery that is assigned twice at once applies once", async () => {
    const key = await keep(completed(source.put("/twice.mp4")));
    const statuses = await Promise.all([1, 2, 3].map(async () =>
      (await call("POST", key, "?job=twice&create=true")).status));
    assert.ok(statuses.includes(200) && statuses.every((code) => code === 200 || code === 404));
    const job = await vault.settled("twice");
    assert.deepEqual([job.files.length, job.deliveries - job.duplicates], [1, 1]);
    vault.watch("twice");
  });

  test("a delivery that can't be assigned stays, and the answer says why", async () => {
    const key = await keep("<xml/>");
    assert.match(await problem(await call("POST", key, "?job=b"), 404), /"b".*`&create=true`/);
    assert.match(await problem(await call("POST", key), 400), /`job` is ""/);
    assert.match(await problem(await call("POST", key, "?job=a/b"), 400), /"a\/b"/);
    assert.ok((await keys()).includes(key));
    assert.equal((await vault.get("/jobs/b")).status, 404);
  });

  test("a delivery is dropped once", async () => {
    const key = await keep("drop me");
    assert.equal((await call("DELETE", key)).status, 204);
    await problem(await call("DELETE", key), 404);
    await problem(await call("GET", key), 404);
    await problem(await call("DELETE", "..%2fjobs"), 404);
  });

  test("only the API token assigns and drops", async () => {
    const key = await keep("read only");
    for (const method of ["POST", "DELETE"]) {
      await problem(await call(method, key, "?job=a", READ_TOKEN), 403);
      await problem(await call(method, key, "?job=a", "wrong"), 401);
    }
    assert.equal((await call("GET", key, "", READ_TOKEN)).status, 200);
    const put = await call("PUT", key);
    assert.equal(put.headers.get("allow"), "GET, HEAD, POST, DELETE, OPTIONS");
    await problem(put, 405);
  });
});
