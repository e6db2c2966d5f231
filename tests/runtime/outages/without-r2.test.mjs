// Without the bucket even large deliveries, and those that belong to no job, are kept.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startSpoilt, without } from "../support/vaults/bindings.mjs";
import { digest } from "../support/bytes.mjs";
import { published } from "../support/vaults/catchup.mjs";
import { noise, PNG } from "../support/servers/origin.mjs";
import { content } from "../support/servers/outbound.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { eventually } from "../support/wait.mjs";

const KIB = 1024;

describe("without R2", () => {
  async function start(context) {
    const spoilt = await startSpoilt(context, without("FILES"));
    spoilt.vault.expectErrors(/FILES/);
    return spoilt;
  }

  /** Returns a result with a text of this size beside one file. */
  const large = (jobId, size) => ({ eventType: "completed", jobId,
    video: { data_uri: `https://fal.media/${jobId}.mp4` }, text: noise(size).toString("hex") });

  for (const size of [257, 1_500, 8_000, 12_000]) {
    test(`a body of ${size} KiB: 200, and it is stored later`, async (context) => {
      const { vault, mend } = await start(context);
      const body = large("large", (size * KIB) / 2);
      assert.equal((await vault.deliver(body)).status, 200);
      await mend();
      const { archive, files } = await published(vault, "large");
      assert.equal(archive, "stored");
      const { pathname } = new URL(files[0].url);
      const wanted = sha256(content(body.video.data_uri));
      assert.equal((await digest(vault.url + pathname)).sha256, wanted);
      const result = await vault.json("/jobs/large/result");
      assert.equal(result.text, body.text);
      const told = await (await vault.get("/jobs/large/events/1/body")).text();
      assert.equal(told, JSON.stringify(body));
    });
  }

  test("a body with a large inline file", async (context) => {
    const { vault, mend } = await start(context);
    const bytes = Buffer.concat([PNG, noise(600 * KIB)]);
    const data_uri = `data:image/png;base64,${bytes.toString("base64")}`;
    const body = { eventType: "completed", jobId: "inline", image: { data_uri } };
    assert.equal((await vault.deliver(body)).status, 200);
    await mend();
    const { archive, files } = await published(vault, "inline");
    assert.equal(archive, "stored");
    const { pathname } = new URL(files[0].url);
    assert.equal((await digest(vault.url + pathname)).sha256, sha256(bytes));
  });

  test("a large body that comes twice counts once", async (context) => {
    const { vault, mend } = await start(context);
    const body = large("twice", 200 * KIB);
    assert.equal((await vault.deliver(body)).duplicate, false);
    const again = await vault.deliver(body);
    assert.deepEqual([again.status, again.duplicate], [200, true]);
    await mend();
    assert.equal((await published(vault, "twice")).archive, "stored");
    assert.equal((await vault.job("twice")).files.length, 1);
  });

  test("a large body of a reference, whose id comes later", async (context) => {
    const { vault, mend } = await start(context);
    const { jobId, ...body } = large("4711", 200 * KIB);
    assert.equal((await vault.deliver(body, { reference: "order-7" })).status, 200);
    const failed = { eventType: "failed", jobId };
    assert.equal((await vault.deliver(failed, { reference: "order-7" })).status, 200);
    await mend();
    const job = await vault.settled(jobId);
    assert.deepEqual([job.status, job.archive, job.ref], ["completed", "stored", "order-7"]);
  });

  const unmatched = { "no job": '{"eventType":"failed"}', "no JSON": "no JSON", "nothing": "",
    "no job, and large": JSON.stringify({ eventType: "x", text: "x".repeat(300 * KIB) }) };
  for (const [what, body] of Object.entries(unmatched)) {
    test(`a delivery with ${what}: 202, and it is in the box later`, async (context) => {
      const { vault, mend } = await start(context);
      const answer = await vault.deliver(body);
      assert.equal(answer.status, 202, JSON.stringify(answer));
      await mend();
      const row = await eventually("it is in the box", async () =>
        (await vault.json("/unmatched")).unmatched.find(({ key }) => key === answer.unmatched));
      assert.deepEqual([row.bytes, row.reason], [Buffer.byteLength(body), answer.reason]);
      assert.equal(await (await vault.get(`/unmatched/${row.key}`)).text(), body);
    });
  }
});
