// The tests' JavaScript client is the one that users have, and the front loses what it should. They play a job's whole
// life on the simulator, and the rest on a queue of fal's form.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { falJs } from "../../runtime/support/programs/clients.mjs";
import { APP, INPUT, LIMITED, PREFIX, behind, jobsOf, simulatorBehind,
  waiting } from "../support/behind.mjs";
import { STATUSES, startFalQueue } from "../support/fal-queue.mjs";
import { KEY, until } from "../support/rig.mjs";

describe("fal's client for JavaScript", LIMITED, () => {
  const onSimulator = async (t) => {
    const { simulator, hook, door } = await simulatorBehind(t);
    return { simulator, hook, door, fal: falJs({ url: door.url, prefix: PREFIX, key: KEY }) };
  };

  test("submits, asks, waits and reads on the simulator", async (t) => {
    const { simulator, hook, fal } = await onSimulator(t);
    const { request_id: requestId } = await fal.queue.submit(APP,
      { input: waiting(3_000), webhookUrl: hook.url });
    const status = await fal.queue.status(APP, { requestId, logs: true });
    assert.deepEqual([status.status, status.queue_position], ["IN_QUEUE", 0]);
    await fal.queue.subscribeToStatus(APP, { requestId, pollInterval: 20 });
    const { data } = await fal.queue.result(APP, { requestId });
    assert.equal(typeof data.image.data_uri, "string");
    await simulator.idle();
    assert.deepEqual(jobsOf(hook), [requestId]);
  });

  test("subscribes on the simulator", async (t) => {
    const { fal } = await onSimulator(t);
    const seen = [];
    const { data } = await fal.subscribe(APP, { input: waiting(100), logs: true, pollInterval: 20,
      onQueueUpdate: ({ status }) => seen.push(status) });
    assert.equal(typeof data.image.data_uri, "string");
    assert.deepEqual([seen[0], seen.at(-1)], ["IN_QUEUE", "COMPLETED"]);
  });

  test("cancels on the simulator", async (t) => {
    const { simulator, hook, fal } = await onSimulator(t);
    const { request_id: requestId } = await fal.queue.submit(APP,
      { input: waiting(600_000), webhookUrl: hook.url });
    await fal.queue.cancel(APP, { requestId });
    await simulator.idle();
    assert.deepEqual(hook.types(), ["cancelled"]);
  });

  test("sends a submission again when the answer is lost, which makes two jobs", async (t) => {
    const { simulator, hook, door, fal } = await onSimulator(t);
    door.breakNext();
    const { request_id: id } = await fal.queue.submit(APP, { input: INPUT, webhookUrl: hook.url });
    await simulator.idle();
    assert.equal(door.broken(), 1);
    const jobs = jobsOf(hook);
    assert.deepEqual([jobs.length, jobs.includes(id)], [2, true]);
    // Nothing more is lost.
    await fal.queue.submit(APP, { input: INPUT, webhookUrl: hook.url });
    await simulator.idle();
    assert.deepEqual([door.broken(), jobsOf(hook).length], [1, 3]);
  });

  test("streams a status through the front, event by event", async (t) => {
    const queue = await startFalQueue();
    const door = await behind(t, queue);
    const fal = falJs({ url: door.url, prefix: "/p", key: "k" });
    const { request_id: requestId } = await fal.queue.submit(APP, { input: INPUT });
    const stream = await fal.queue.streamStatus(APP, { requestId, logs: true });
    const [, asked] = await until("a stream", () => queue.streams.length && queue.lines());
    assert.equal(asked, `GET /p/owner/flux/requests/${requestId}/status/stream?logs=1`);
    // The next status is sent only when this one has arrived: a buffer on the way would hold it forever.
    for (const status of STATUSES) {
      const arrived = new Promise((resolve) => stream.on("data", resolve));
      queue.streams[0].send(status);
      assert.deepEqual(await arrived, status);
    }
    queue.streams[0].end();
    assert.equal((await stream.done()).status, "COMPLETED");
  });

  test("sends everything to a server proxy, with the URL in a header", async (t) => {
    const queue = await startFalQueue();
    const door = await behind(t, queue);
    const fal = falJs({ proxy: `${door.url}/proxy` });
    await fal.queue.submit(APP, { input: INPUT });
    const [{ line, headers }] = queue.requests;
    assert.equal(line, "POST /proxy");
    assert.equal(headers["x-fal-target-url"], `https://queue.fal.run/${APP}`);
    assert.equal(headers.host, new URL(door.url).host);
    assert.deepEqual([headers.authorization, headers["x-forwarded-for"]], [undefined, undefined]);
  });

  test("goes nowhere else", async () => {
    const fal = falJs({ url: "http://127.0.0.1:1", key: KEY });
    await assert.rejects(fal.run(APP, { input: INPUT }), /not a URL of the queue/);
  });
});
