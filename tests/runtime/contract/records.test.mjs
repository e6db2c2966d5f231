// Like deliveries.test.mjs: what readers of jobs get.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { acquired, at, completed, told } from "../support/deliveries.mjs";
import { file, md5, PNG, presigned, status } from "../support/servers/origin.mjs";
import { BYTES, measured } from "../support/contract/measured.mjs";
import { HOOK_TOKEN } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

/** The members that differ from job to job; the test checks them separately. */
const TIMES = ["createdAt", "updatedAt", "completedAt", "storedAt"];

measured("records", (on) => {
  describe("the record", () => {
    test("has all that the contract names", async () => {
      const id = on.newId();
      const before = Date.now();
      const tag = md5(BYTES);
      const { url } = on.serve([file(BYTES, { "content-type": "video/mp4", etag: `"${tag}"` })],
        { name: "Wan.mp4", query: presigned() });
      await on.vault.deliver(acquired(id));
      await on.vault.deliver({ ...completed(url, id), queueName: "free" });
      const job = JSON.parse(await on.published(id));
      for (const time of TIMES) assert.ok(job[time] >= before && job[time] <= Date.now(), time);
      assert.ok(job.createdAt <= job.completedAt && job.completedAt <= job.storedAt);
      const times = Object.fromEntries(TIMES.map((time) => [time, job[time]]));
      const [{ url: link, expiresAt, slackMs }] = job.files;
      assert.match(link, new RegExp(`^${on.vault.url}/files/${id}/[0-9a-f]{32}/0-Wan\\.mp4$`));
      assert.ok(Math.abs(expiresAt - before - 7_200_000) < 60_000, "the deadline");
      assert.ok(slackMs > 7_000_000 && slackMs <= 7_200_000, "what was left");
      assert.deepEqual(job, {
        id, ref: null, provider: "pipelet", app: null, tags: [], status: "completed", archive: "stored",
        version: 3, attempt: 1, queueName: "free", workerName: "worker-0", acquiredAt: at(0),
        leaseExpiry: at(0) + 45_000, ...times, result: { video: { data_uri: link, data_url: link } },
        files: [{
          n: 0, pointers: ["/video/data_uri", "/video/data_url"], state: "stored", url: link,
          name: "Wan.mp4", contentType: "video/mp4", size: BYTES.length, etag: tag, verified: true,
          sourceHost: new URL(on.origin.url).host, expiresAt, slackMs, attempts: 1, error: null,
        }],
        skipped: [], error: null, deliveries: 2, duplicates: 0, heals: 0, handoff: null, input: null,
      });
    });

    test("keeps every byte of a result except its files", async () => {
      const id = on.newId();
      const { url } = on.serve([file(BYTES)]);
      const escaped = JSON.stringify(url).replaceAll("/", "\\/");
      const result = (link) => `{ "z" : 196619188014358660, "10":1.50,"2":-0.0e+3 ,"a":"\\u00e9\\/\\"",` +
        `"video":{"data_uri": ${link}},"again":[ ${link} ],"deep":{"jobId":"kept"},"t":"${"x".repeat(2_000)}"}`;
      const envelope = `{"eventType":"completed","jobId":"${id}",` +
        `"webhookUrl":"${on.vault.url}/hook/${HOOK_TOKEN}",`;
      const body = envelope + result(escaped).slice(1).replace(/\}$/, ',"updatedAt":1}');
      assert.equal((await on.vault.deliver(body)).status, 200);
      const { files: [{ url: link, pointers }] } = await on.vault.settled(id);
      assert.deepEqual(pointers, ["/video/data_uri", "/again/0"]);
      const text = await (await on.vault.get(`/jobs/${id}?wait=0`)).text();
      const want = result(JSON.stringify(link)).replace(/^\{ /, "{");
      assert.ok(text.includes(`"result":${want}`), text.slice(0, 3_000));
      assert.ok(!text.includes(HOOK_TOKEN));
      assert.equal(await on.published(id), text);
    });

    test("keeps an error as it was written", async () => {
      const id = on.newId();
      await on.vault.deliver(`{"eventType":"failed","jobId":"${id}","error":{"b":9007199254740993,"1":2}}`);
      const text = await (await on.vault.get(`/jobs/${id}?wait=0`)).text();
      assert.ok(text.includes('"error":{"b":9007199254740993,"1":2}'), text);
    });

    test("names media that may not be fetched", async () => {
      const id = on.newId();
      const own = "https://example.com/a.mp4";
      await on.vault.deliver({ eventType: "completed", jobId: id, preview: own, page: "https://example.com/" });
      const { archive, skipped: [skipped], result, files } = await on.vault.settled(id);
      assert.deepEqual([archive, files, result.preview], ["partial", [], own]);
      assert.deepEqual([skipped.pointer, skipped.host, skipped.reason], ["/preview", "example.com", "host not allowed"]);
    });

    test("comes from KV once the job has settled, from its object before", async () => {
      const id = on.newId();
      await on.vault.deliver(acquired(id));
      assert.equal((await (await on.vault.get(`/jobs/${id}`)).json()).status, "acquired");
      await on.vault.deliver(completed("text", id));
      const copy = await on.published(id);
      const response = await on.vault.get(`/jobs/${id}`);
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/json"]);
      assert.equal(await response.text(), copy);
      const records = await on.vault.records();
      await records.put(id, '{"from":"kv"}', { metadata: (await records.getWithMetadata(id)).metadata });
      assert.equal(await (await on.vault.get(`/jobs/${id}`)).text(), '{"from":"kv"}');
      assert.equal((await on.vault.job(id)).status, "completed");
      on.vault.unwatch(id);
    });

    test("is not shown without a token, or for an unknown job", async () => {
      const id = on.newId();
      await on.vault.deliver(acquired(id));
      for (const authorization of ["", "Bearer wrong", `Basic ${HOOK_TOKEN}`]) {
        assert.equal((await on.vault.get(`/jobs/${id}`, { headers: { authorization } })).status, 401);
        assert.equal((await on.vault.get("/jobs", { headers: { authorization } })).status, 401);
      }
      const missing = await on.vault.get("/jobs/nobody-knows");
      assert.deepEqual([missing.status, missing.headers.get("content-type")],
        [404, "application/problem+json"]);
    });
  });

  describe("the list", () => {
    test("has the newest jobs first, page by page", async () => {
      const ids = [on.newId(), on.newId(), on.newId()];
      for (const id of ids) await on.vault.deliver({ ...acquired(id), queueName: "listed" });
      await on.vault.deliver({ ...told("failed", ids[1], 5), queueName: "listed" });
      const page = (query) => on.vault.json(`/jobs?queue=listed${query}`);
      await eventually("all are listed", async () => {
        const { jobs: all } = await page("");
        return (all.length === 3 && all[1].status === "failed") || undefined;
      });
      const first = await page("&limit=2");
      assert.deepEqual(first.jobs.map(({ id }) => id), [ids[2], ids[1]]);
      const second = await page(`&limit=2&cursor=${encodeURIComponent(first.cursor)}`);
      assert.deepEqual([second.jobs.map(({ id }) => id), second.cursor], [[ids[0]], null]);
      assert.deepEqual((await page("&status=failed")).jobs.map(({ id }) => id), [ids[1]]);
      assert.equal((await on.vault.get("/jobs?limit=0")).status, 400);
      assert.equal((await on.vault.get("/jobs?cursor=x")).status, 400);
    });

    test("has a summary of each job", async () => {
      const { id, job } = await on.archived([file(BYTES)]);
      const row = await eventually("it is listed as stored", async () => {
        const { jobs: all } = await on.vault.json("/jobs?archive=stored&limit=200");
        return all.find((one) => one.id === id);
      });
      const { n, url, contentType, size, state } = job.files[0];
      const { createdAt, updatedAt } = job;
      assert.deepEqual(row, {
        id, ref: null, app: null, tags: [], status: "completed", archive: "stored", queueName: null,
        createdAt, updatedAt, files: [{ n, url, contentType, size, state }],
      });
    });
  });

  test("healthz answers", async () => {
    assert.equal((await fetch(`${on.vault.url}/healthz`)).status, 200);
  });

  describe("repeated results", () => {
    test("with new signatures are duplicates that give their fresh URLs", async () => {
      const id = on.newId();
      const { path, url } = on.serve([status(403)]);
      await on.vault.deliver(completed(url + presigned({ signature: "aa" }), id));
      await eventually("it has failed", async () => (await on.vault.job(id)).files[0].attempts || undefined);
      on.origin.on(path, (response, request) =>
        (request.url.includes("=bb") ? file(BYTES) : status(403))(response, request));
      const again = await on.vault.deliver(completed(url + presigned({ signature: "bb" }), id));
      assert.equal(again.duplicate, true);
      const { files, duplicates } = await on.vault.settled(id);
      assert.deepEqual([files.length, duplicates], [1, 1]);
      await on.checkStored(files[0]);
    });

    test("with other content replace the last one, whose files stay", async () => {
      const png = file(PNG, { "content-type": "image/png" });
      const [id, one, two] = [on.newId(), on.serve([file(BYTES)]), on.serve([png])];
      await on.vault.deliver(completed(one.url, id));
      const first = await on.vault.settled(id);
      assert.equal((await on.vault.deliver(completed(two.url, id))).duplicate, false);
      const { files, result } = await on.vault.settled(id);
      assert.deepEqual(files.map(({ n }) => n), [0, 1]);
      assert.equal(result.video.data_uri, files[1].url);
      await on.checkStored(files[1], PNG);
      await on.checkStored(first.files[0]);
    });
  });
});
