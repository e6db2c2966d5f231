// Ids with characters that no path has: one spelling of them in paths, keys, listings, KV and imports.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { call, PATIENT } from "../../support/calls.mjs";
import { completed } from "../../support/deliveries.mjs";
import { eventually } from "../../support/wait.mjs";
import { stopAll } from "../../support/stop.mjs";
import { startSourced } from "../../support/vaults/served.mjs";

const IDS = {
  "models/veo-3.1-generate-preview/operations/a1b2c3": "models~2Fveo-3.1-generate-preview~2Foperations~2Fa1b2c3",
  "../../jobs/x": "..~2F..~2Fjobs~2Fx", "a~2Fb": "a~7E2Fb", "a%2Fb?c#d": "a~252Fb~3Fc~23d", "é ü": "~C3~A9~20~C3~BC",
};

describe("an id with other characters", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced({ vars: PATIENT })));
  after(() => stopAll(vault, source));
  const output = () => source.put("/outputs/free/clip.mp4");

  test("has one spelling everywhere", async () => {
    for (const [id, spelling] of Object.entries(IDS)) {
      assert.equal((await vault.deliver(completed(output(), id))).id, spelling);
      const job = await vault.settled(spelling);
      assert.deepEqual([job.id, job.archive], [spelling, "stored"]);
      const { pathname } = new URL(job.files[0].url);
      assert.ok(pathname.startsWith(`/files/${spelling}/`), pathname);
      assert.equal(await (await fetch(job.files[0].url)).text(), "content of /outputs/free/clip.mp4");
      assert.deepEqual(await vault.keys(`jobs/${spelling}/`), [`jobs/${spelling}/0-clip.mp4`]);
      assert.ok((await vault.keys("manifests/")).some((key) => key.endsWith(`/${spelling}.json`)));
      const records = await vault.records();
      await eventually("the record is in KV", async () => (await records.get(spelling)) ?? undefined);
      for (const asked of [spelling, encodeURIComponent(spelling)]) {
        assert.equal((await vault.job(asked)).id, spelling);
        assert.equal((await vault.get(`/jobs/${asked}/result`)).status, 200);
      }
      const body = await (await vault.get(`/jobs/${spelling}/events/1/body`)).json();
      assert.equal(body.jobId, id, "the body is as it was sent");
      assert.equal((await vault.deliver(completed(output(), id))).duplicate, true);
    }
  });

  test("is listed by its beginning", async () => {
    const found = async (q) => (await vault.json(`/jobs?q=${q}`)).jobs.map(({ id }) => id);
    for (const q of ["models", "models~2Fveo", "models~2Fveo-3.1-generate-preview~2Foperations~2Fa1b2c3"]) {
      assert.deepEqual(await found(q), [IDS["models/veo-3.1-generate-preview/operations/a1b2c3"]], q);
    }
    assert.deepEqual(await found("models~2Fx"), []);
  });

  test("is not another spelling's job", async () => {
    for (const other of ["a%2Fb", "a~2Fb", "a~2fb", "a~7e2Fb", "~61~7E2Fb"]) {
      assert.equal((await vault.get(`/jobs/${other}?wait=0`)).status, 404, other);
    }
  });

  test("is imported in either spelling, and deleted", async () => {
    for (const [known, written] of ["new/id", "new~2Fid"].entries()) {
      const answer = await vault.import({ id: written, app: "m" });
      assert.equal((await answer.json()).known, known);
      assert.equal((await vault.job("new~2Fid")).id, "new~2Fid");
    }
    const [[, spelling]] = Object.entries(IDS);
    vault.unwatch(spelling);
    assert.equal((await call(vault, "DELETE", `/jobs/${spelling}`)).status, 204);
    await eventually("its keys are gone", async () => (await vault.keys(`jobs/${spelling}/`)).length === 0 || undefined);
    assert.equal((await vault.get(`/jobs/${spelling}?wait=0`)).status, 404);
  });

  test("that is damaged is no id", async () => {
    for (const id of ["a\u0000", "a\nb", "a\ufffd", "/".repeat(43), "ref:a/b"]) {
      const { status, reason } = await vault.deliver({ eventType: "acquired", jobId: id });
      assert.equal(status, 202);
      assert.match(reason, /which is not a job id/);
    }
  });
});
