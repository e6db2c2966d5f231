// Like deliveries.test.mjs: what is written, and what a crash leaves.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { acquired, completed } from "../support/deliveries.mjs";
import { file, held } from "../support/servers/origin.mjs";
import { BYTES, measured } from "../support/contract/measured.mjs";
import { operations, startSide } from "../support/contract/sides.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { eventually } from "../support/wait.mjs";

const OBJECT_LIMIT = 256 * 1024;

measured("storage", (on) => {
  describe("long texts", () => {
    const sized = (id, bytes) => {
      const text = JSON.stringify({ eventType: "completed", jobId: id, pad: "" });
      return text.replace('"pad":""', `"pad":"${"x".repeat(bytes - text.length)}"`);
    };

    test("go to the bucket before the answer, and come back", async () => {
      for (const [bytes, inBucket] of [[OBJECT_LIMIT, 0], [OBJECT_LIMIT + 1, 1], [2 * OBJECT_LIMIT, 1]]) {
        const id = on.newId();
        const body = sized(id, bytes);
        assert.equal((await on.vault.deliver(body)).status, 200);
        const key = `bodies/${id}/${sha256(body)}`;
        const kept = inBucket ? await (await on.vault.bucket()).get(key) : undefined;
        assert.equal(await kept?.text(), inBucket ? body : undefined);
        assert.deepEqual((await on.vault.settled(id)).result, { pad: JSON.parse(body).pad });
        assert.equal((await on.vault.deliver(body)).duplicate, true);
      }
      assert.equal((await on.vault.keys("results/")).length, 1, "the one result that is too long");
    });

    test("are refused over the limit, 413", async () => {
      const limited = await startSide(on.side, { vars: { MAX_BODY_BYTES: "1000" } });
      try {
        const ask = async (bytes, body = sized("limited", bytes)) =>
          (await limited.post(limited.hookUrl(), body)).status;
        assert.deepEqual([await ask(1_000), await ask(1_001)], [200, 413]);
        const stream = new Blob([sized("streamed", 1_001)]).stream();
        assert.equal(await ask(0, stream), 413);
      } finally {
        await limited.stop();
      }
    });
  });

  describe("what is written", () => {
    test("for a settled job: manifest, timeline, copy, row", async () => {
      const id = on.newId();
      const { url } = on.serve([file(BYTES)]);
      const bodies = [acquired(id), completed(url, id)].map((body) => JSON.stringify(body));
      for (const body of bodies) await on.vault.deliver(body);
      const { createdAt, files: [{ url: link, etag }] } = JSON.parse(await on.published(id));
      const key = `manifests/${new Date(createdAt).toISOString().slice(0, 10)}/${id}.json`;
      const manifest = await eventually("the manifest has it all", async () => {
        const found = await (await on.vault.bucket()).get(key);
        const { job, events } = (await found?.json()) ?? {};
        return events?.length === 3 && job.files[0].state === "stored" ? { job, events } : undefined;
      });
      assert.ok(link.includes(manifest.job.nonce));
      const told = manifest.events.map(({ entry }) => [entry.n, entry.eventType, entry.outcome, entry.sha256]);
      assert.deepEqual(told, [[1, "acquired", "applied", sha256(bodies[0])],
        [2, "completed", "applied", sha256(bodies[1])], [3, null, "copy", null]]);
      assert.deepEqual(manifest.events.slice(0, 2).map(({ text }) => text), bodies);
      const object = await (await on.vault.bucket()).head(`jobs/${id}/0-video.mp4`);
      assert.equal(object.etag, etag);
      assert.deepEqual(Object.values(object.customMetadata), [manifest.job.nonce]);
    });

    test("for a delivery: record, entry, body, digest, alarm", async () => {
      const quiet = await startSide(on.side, { vars: { RETRY_BASE_MS: "60000" } });
      try {
        const body = JSON.stringify(acquired("alone"));
        await quiet.deliver(body);
        await eventually("the run has ended", async () => {
          const { jobs } = await quiet.json("/jobs");
          return jobs.length === 1 || undefined;
        });
        const { rows: [rows], alarms } = await quiet.objects("Job");
        // Each side stores them in its own way, in one value or several.
        const kept = rows.flatMap((row) => Object.values(row).map((value) =>
          (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))).join("\n");
        for (const part of ["createdAt", "applied", body, sha256(body)]) assert.ok(kept.includes(part), `${part} in ${kept}`);
        assert.ok(alarms.some(({ scheduled_time: time }) => time !== undefined), "an alarm for the manifest");
      } finally {
        await quiet.stop();
      }
    });
  });

  test("no write is left out of a job's life that the contract names", async (t) => {
    const watched = await startSide(on.side, { isTold: true, sources: on.origin.url });
    try {
      const { url } = on.serve([file(BYTES)]);
      await watched.deliver(acquired("life"));
      // One run may send the rows of both deliveries to the catalog.
      await eventually("the catalog gets the first", async () =>
        operations(watched).find(([operation]) => operation === "CATALOG"));
      await watched.deliver(completed(url, "life"));
      await watched.settled("life");
      await eventually("it is in KV", async () => (await (await watched.records()).get("life")) ?? undefined);
      const all = operations(watched);
      const count = (operation, key = /./) =>
        all.filter(([one, what]) => one === operation && key.test(what ?? "-")).length;
      const counts = {
        records: count("storage.put", /^(job|record)$/),
        alarms: count("storage.setAlarm"),
        files: count("FILES.put", /^jobs\/life\//),
        manifests: count("FILES.put", /^manifests\//),
        copies: count("RECORDS.put"),
        announcements: count("CATALOG"),
      };
      t.diagnostic(JSON.stringify(counts));
      // Two deliveries, the end of a file and of the run; alarms also for the watchdog.
      const least = { records: 4, alarms: 3, files: 1, manifests: 1, copies: 1, announcements: 2 };
      for (const [what, want] of Object.entries(least)) {
        assert.ok(counts[what] >= want, `${what}: ${counts[what]}, not ${want}`);
      }
      const first = (operation, key) => all.findIndex(([one, what]) => one === operation && key.test(what));
      assert.ok(first("storage.setAlarm", /./) < first("FILES.put", /^jobs/), "an alarm before the work");
      assert.equal(counts.files, 1);
    } finally {
      await watched.stop();
    }
  });

  describe("after a crash", () => {
    const dies = async () => on.vault.kill();

    test("right after the 200 of a delivery, all goes on by itself", async () => {
      const [id, { url }] = [on.newId(), on.serve([file(BYTES)])];
      assert.equal((await on.vault.deliver(acquired(id))).status, 200);
      assert.equal((await on.vault.deliver(completed(url, id))).status, 200);
      await dies();
      const job = JSON.parse(await on.published(id));
      assert.deepEqual([job.status, job.archive, job.deliveries], ["completed", "stored", 2]);
      await on.checkStored(job.files[0]);
      assert.equal((await on.vault.deliver(acquired(id))).duplicate, true);
    });

    test("while a file is copied, it is copied again", async () => {
      const { step, release } = held(BYTES);
      const [id, { path, url }] = [on.newId(), on.serve([step, file(BYTES)])];
      await on.vault.deliver(completed(url, id));
      await eventually("the copy has begun", () => on.origin.requests(path).length || undefined);
      await dies();
      release();
      const job = JSON.parse(await on.published(id));
      await on.checkStored(job.files[0]);
      assert.equal(on.origin.requests(path).length, 2);
    });
  });
});
