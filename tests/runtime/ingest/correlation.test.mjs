// Which job a delivery belongs to: by its body, by its files' names, by the caller's reference.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json, problem } from "../support/answers.mjs";
import { PATIENT } from "../support/calls.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { startSourced } from "../support/vaults/served.mjs";

describe("correlation", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced({ vars: PATIENT })));
  after(() => stopAll(vault, source));

  const output = (name) => source.put(`/outputs/free/${name}`);
  const results = (...urls) => ({ eventType: "completed", results: urls });

  /** Delivers, and expects the delivery at this job. */
  async function lands(id, body, options) {
    const answer = await vault.deliver(body, options);
    assert.deepEqual([answer.status, answer.id], [200, id], JSON.stringify(answer));
    return answer;
  }

  async function unmatched(body, reason, options) {
    const { status, unmatched: key, reason: told } = await vault.deliver(body, options);
    assert.equal(status, 202);
    assert.match(told, reason);
    assert.ok((await vault.json("/unmatched")).unmatched.some((row) => row.key === key));
  }

  test("by the body's id: a number, a text, past 2^53, under every key", async () => {
    await lands("437852", '{"eventType":"acquired","jobId":437852}');
    await lands("437852", '{"eventType":"failed","jobId":"437852"}');
    assert.deepEqual(await vault.outcomes("437852"), ["acquired:applied", "failed:applied"]);
    await lands("196619188014358661", '{"eventType":"acquired","jobId":196619188014358661}');
    await lands("196619188014358662", '{"eventType":"acquired","jobId":196619188014358662}');
    assert.equal((await vault.job("196619188014358661")).deliveries, 1);
    for (const [n, key] of ["jobId", "job_id", "request_id", "requestId"].entries()) {
      await lands(`key-${n}`, { eventType: "acquired", [key]: `key-${n}` });
    }
    await lands("first", { eventType: "acquired", requestId: "last", jobId: "first" });
    await lands("second", { eventType: "acquired", jobId: null, job_id: "second" });
    await lands("9".repeat(128), { eventType: "acquired", jobId: "9".repeat(128) });
    await lands("A.b_c:d-e", { eventType: "acquired", jobId: "A.b_c:d-e" });
    assert.equal((await vault.job("A.b_c:d-e")).id, "A.b_c:d-e");
  });

  test("an id elsewhere in the body does not count", async () => {
    await unmatched({ eventType: "acquired", id: "5" }, /have a job id/);
    await unmatched({ eventType: "acquired", job: { jobId: "5" } }, /have a job id/);
  });

  test("by the files' names", async () => {
    await lands("301", completed(output("301_0_video.mp4")));
    await lands("302", results(output("302_0_a.mp4"), output("302_0_preview_000.jpg")));
    await lands("303", results(output("2DPBix_ComfyUI_00008_.png"), output("303_1_a.png")));
    await lands("304", { eventType: "acquired", from: output("304_0_a.mp4") });
    assert.equal((await vault.settled("302")).archive, "stored");
  });

  test("files' names without an id, or with several, do not count", async () => {
    const differ = results(output("305_0_a.mp4"), output("306_0_b.mp4"));
    await unmatched(differ, /have a job id/);
    await unmatched(results(output("2DPBix_ComfyUI_00008_.png")), /have a job id/);
    await unmatched(results(`${source.url}/305_0_a.mp4`), /have a job id/);
    await unmatched(results(`${source.url}/a.mp4?x=/outputs/free/305_0_a.mp4`), /have a job id/);
    await lands("ref:differ", differ, { reference: "differ" });
    for (const id of ["305", "306"]) await problem(await vault.get(`/jobs/${id}`), 404);
  });

  test("the body's id wins over the files' names", async () => {
    await lands("307", completed(output("308_0_a.mp4"), "307"));
    await problem(await vault.get("/jobs/308"), 404);
  });

  test("an invalid id is not replaced by the files' names", async () => {
    await unmatched(
      { eventType: "acquired", jobId: "ref:a", job_id: "309" },
      /`jobId` is "ref:a", which is not a job id/,
    );
  });

  test("by the reference alone: the job lives there", async () => {
    await lands("ref:order-1", told("acquired"), { reference: "order-1" });
    await lands("ref:order-1", completed(output("clip.mp4")), { reference: "order-1" });
    const job = await vault.settled("order-1");
    assert.deepEqual([job.id, job.ref, job.archive], ["ref:order-1", "order-1", "stored"]);
    assert.match(new URL(job.files[0].url).pathname, /^\/files\/ref:order-1\/[0-9a-f]{32}\/0-clip\.mp4$/);
    assert.deepEqual(await vault.job("ref:order-1"), job);
    assert.deepEqual(await json(await vault.get("/jobs/order-1/result")), job.result);
    assert.deepEqual(await vault.outcomes("order-1"), ["acquired:applied", "completed:applied"]);
    assert.equal(await (await fetch(job.files[0].url)).text(), "content of /outputs/free/clip.mp4");
  });

  test("an id and a reference with the same text are two jobs, and the id is preferred", async () => {
    await lands("ref:310", told("cancelled"), { reference: "310" });
    assert.equal((await vault.job("310")).status, "cancelled");
    await lands("310", acquired("310"));
    assert.equal((await vault.job("310")).status, "acquired");
    assert.equal((await vault.job("ref:310")).status, "cancelled");
  });

  test("the reference of a job that is known by its id leads there", async () => {
    await lands("311", acquired("311"), { reference: "order-2" });
    await lands("311", told("failed"), { reference: "order-2" });
    await lands("311", told("retried"), { reference: "order-2" });
    const job = await vault.job("311");
    assert.deepEqual([job.id, job.ref, job.deliveries, job.status], ["311", "order-2", 3, "retried"]);
    for (const name of ["ref:order-2", "order-2"]) assert.deepEqual(await vault.job(name), job);
  });

  test("a reference that comes later leads to the job, and so does a second one", async () => {
    await lands("312", acquired("312"));
    await lands("312", told("failed", "312", 1), { reference: "order-3" });
    await lands("312", told("retried", "312", 2), { reference: "order-4" });
    const job = await vault.job("312");
    assert.equal(job.ref, "order-3");
    for (const name of ["ref:order-3", "order-4"]) assert.deepEqual(await vault.job(name), job);
    const details = (await vault.events("312")).map(({ detail }) => detail);
    assert.deepEqual(details, [null, null, null]);
  });

  test("one constant reference: the first job keeps it, the others note the conflict", async () => {
    const constant = { reference: "my-app" };
    for (const id of ["313", "314", "315"]) await lands(id, acquired(id), constant);
    for (const id of ["313", "314", "315"]) await lands(id, completed(output(`${id}_0_a.mp4`)), constant);
    const owner = await vault.settled("313");
    assert.deepEqual(await vault.job("ref:my-app"), owner);
    for (const [id, ref] of [["313", "my-app"], ["314", null], ["315", null]]) {
      const job = await vault.settled(id);
      assert.deepEqual([job.ref, job.status, job.archive], [ref, "completed", "stored"]);
      assert.deepEqual(await vault.outcomes(id), ["acquired:applied", "completed:applied"]);
      for (const { detail, trust } of await vault.events(id)) {
        if (trust === null) continue;
        if (ref) assert.equal(detail, null);
        else assert.equal(detail, "refConflict: ref:my-app leads to another job");
      }
    }
  });

  test("a file's name yields to the job of the reference, unless its own is known", async () => {
    const reference = { reference: "order-5" };
    await lands("316", acquired("316"), reference);
    await lands("316", completed(output("317_0_a.mp4")), reference);
    await problem(await vault.get("/jobs/317"), 404);
    await lands("318", acquired("318"));
    await lands("318", completed(output("318_0_a.mp4")), reference);
    assert.deepEqual(await vault.outcomes("316"), ["acquired:applied", "completed:applied"]);
    assert.deepEqual(await vault.outcomes("318"), ["acquired:applied", "completed:applied"]);
  });

  test("all of it survives a restart", async () => {
    const names = ["ref:order-1", "ref:order-2", "order-4", "ref:my-app", "314", "ref:310", "310"];
    const before = await Promise.all(names.map((name) => vault.job(name)));
    const old = vault.url;
    await vault.restart();
    const after = await Promise.all(names.map((name) => vault.job(name)));
    // Durable URLs keep the origin of the job's first request.
    assert.deepEqual(after, before, `${old} and ${vault.url}`);
    await lands("311", told("failed"), { reference: "order-2" });
    await lands("ref:order-1", told("failed"), { reference: "order-1" });
    await lands("314", told("failed", "314", 1), { reference: "my-app" });
  });
});
