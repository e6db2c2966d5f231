// `DELETE /jobs/{id}`: the job is gone from every store, and stays gone.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { file, noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

describe("a deleted job", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  const authorization = `Bearer ${API_TOKEN}`;
  const remove = async (id) => {
    const response = await fetch(`${vault.url}/jobs/${id}`, { method: "DELETE", headers: { authorization } });
    await response.arrayBuffer();
    vault.unwatch(id);
    return response.status;
  };
  const allKeys = async (id) => (await vault.keys("")).filter((key) => key.includes(id));
  const isListed = async (id) => (await vault.json("/jobs?limit=200")).jobs.some((job) => job.id === id);

  it("is gone from every store", async () => {
    await vault.deliver(acquired("whole"));
    await vault.deliver({ ...completed(source.put("/whole_0_a.mp4"), "whole"), padding: "x".repeat(600_000) });
    const { files } = await vault.settled("whole");
    await eventually("it is published", async () =>
      (await (await vault.records()).get("whole")) !== null && (await isListed("whole")) || undefined);
    const kinds = ["jobs/", "bodies/", "results/", "manifests/"];
    for (const kind of kinds) assert.ok((await allKeys("whole")).some((key) => key.startsWith(kind)), kind);

    assert.equal(await remove("whole"), 204);
    assert.deepEqual(await allKeys("whole"), []);
    assert.equal(await (await vault.records()).get("whole"), null);
    for (const path of ["", "/result", "/events", "/events/1/body", "?wait=5&for=settled"]) {
      const response = await vault.get(`/jobs/whole${path}`);
      assert.equal(response.status, 404, path);
      assert.match((await response.json()).detail, /deleted/, path);
    }
    await eventually("it is listed no more", async () => !(await isListed("whole")) || undefined);
    assert.equal((await fetch(files[0].url)).status, 410);
    assert.equal((await fetch(files[0].url.replace(/\/0-.*/, "/0"))).status, 410);
    const guess = files[0].url.replace(/[0-9a-f]{32}/, "0".repeat(32));
    assert.equal((await fetch(guess)).status, 404);
  });

  it("answers late deliveries, and stores nothing of them", async () => {
    await vault.deliver(acquired("late"));
    assert.equal(await remove("late"), 204);
    const late = [
      completed(source.put("/late_0_a.mp4"), "late"),
      { ...completed(source.put("/late_0_b.mp4"), "late"), padding: "y".repeat(600_000) },
      told("retried", "late"),
    ];
    for (const [n, body] of late.entries()) {
      const answer = await vault.deliver(body, { reference: n === 0 ? "late-order" : undefined });
      vault.unwatch("late");
      assert.deepEqual([answer.status, answer.id, answer.deleted, answer.duplicate], [200, "late", true, false]);
    }
    assert.deepEqual(await allKeys("late"), []);
    assert.equal((await vault.get("/jobs/late")).status, 404);
    assert.equal((await vault.get("/jobs/ref:late-order")).status, 404);
    const imported = await (await vault.import({ id: "late", app: "m" })).json();
    assert.deepEqual(imported, { imported: 0, known: 0, deleted: ["late"], failed: [] });
  });

  it("may be deleted again; an unknown job gives 404", async () => {
    await vault.deliver(acquired("twice"));
    assert.deepEqual([await remove("twice"), await remove("twice")], [204, 204]);
    assert.equal(await remove("never"), 404);
  });

  it("is gone under each of its names", async () => {
    await vault.deliver(completed(source.put("/n/1_0_a.mp4")), { reference: "named" });
    await vault.deliver(told("failed", "named-id", 1), { reference: "named" });
    await vault.settled("ref:named");
    assert.equal(await remove("named-id"), 204);
    vault.unwatch("ref:named");
    for (const id of ["named-id", "ref:named", "named"]) {
      assert.equal((await vault.get(`/jobs/${id}`)).status, 404, id);
    }
    assert.deepEqual(await allKeys("named"), []);
    const late = await vault.deliver(told("retried", undefined, 9), { reference: "named" });
    assert.equal(late.deleted, true);
    vault.unwatch(late.id);
  });

  it("is gone even if its file was being copied", async () => {
    let finish;
    const begun = new Promise((begin) => {
      source.on("/slow_0_a.mp4", (response) => {
        const bytes = noise(300_000);
        response.writeHead(200, { "content-type": "video/mp4", "content-length": bytes.length });
        response.write(bytes.subarray(0, 100_000));
        finish = () => response.end(bytes.subarray(100_000));
        begin();
      });
    });
    await vault.deliver(completed(`${source.url}/slow_0_a.mp4`, "slow"));
    await begun;
    assert.equal(await remove("slow"), 204);
    finish();
    // A later job shows that the copy's end was processed.
    source.on("/after_0_a.mp4", file(noise(10)));
    await vault.deliver(completed(`${source.url}/after_0_a.mp4`, "after"));
    await vault.settled("after");
    await eventually("the copy is gone", async () => (await allKeys("slow")).length === 0 || undefined);
    await vault.restart();
    assert.deepEqual(await allKeys("slow"), []);
    assert.equal((await vault.get("/jobs/slow")).status, 404);
  });

  it("refuses a delivery that is assigned to it by hand, which stays in the box", async () => {
    await vault.deliver(acquired("gone"));
    const { unmatched } = await vault.deliver({ eventType: "failed" });
    await remove("gone");
    const response = await vault.post(`/unmatched/${unmatched}?job=gone`, "", { authorization });
    assert.equal(response.status, 409);
    assert.equal((await vault.get(`/unmatched/${unmatched}`)).status, 200);
  });

  it("can't be deleted without a token", async () => {
    await vault.deliver(acquired("kept"));
    const response = await fetch(`${vault.url}/jobs/kept`, { method: "DELETE" });
    assert.equal(response.status, 401);
    assert.equal((await vault.get("/jobs/kept")).status, 200);
  });

  it("is marked before it is wiped, and wiped again after a crash", async () => {
    await vault.deliver(completed(source.put("/crash_0_a.mp4"), "crash"));
    await vault.settled("crash");
    const removal = remove("crash").catch(() => 0);
    await vault.kill();
    await removal;
    const again = (await vault.get("/jobs/crash")).status === 404 || (await remove("crash")) === 204;
    assert.ok(again);
    await eventually("the stores are empty", async () => (await allKeys("crash")).length === 0 || undefined);
    await eventually("it is listed no more", async () => !(await isListed("crash")) || undefined);
  });
});
