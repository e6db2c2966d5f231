// The clients of the tests are what users have, and the front loses what it is to lose: each lives
// a job's whole life, on the simulator as far as its answers reach, else on a queue of their shape.
import assert from "node:assert/strict";
import { once } from "node:events";
import { before, describe, test } from "node:test";
import { pythonClients } from "../../tools/setup/python.mjs";
import { falJs, falPython, front, tlsFront, told } from "../runtime/support/clients.mjs";
import { lacking } from "../runtime/support/tools.mjs";
import { LOGS, STATUSES, startFalQueue } from "./support/fal-queue.mjs";
import { KEY, rig, until } from "./support/rig.mjs";

const APP = "owner/flux/dev";
const PREFIX = "/fal/queue";
const INPUT = { prompt: "A photo of an astronaut riding a horse." };
const waiting = (queueMs) => ({ ...INPUT, _sim: { queueMs } });

/** A server of the test behind a front, both ended with it. */
async function behind(t, server, make = front) {
  if (server.stop) t.after(() => server.stop());
  const door = await make(server.url);
  t.after(() => door.stop());
  return door;
}

/** The ids of the jobs that the simulator told of. */
const jobsOf = (hook) => [...new Set(hook.json().map(({ jobId }) => jobId))];

/** A client that never gives up must not hold up all tests. */
const LIMITED = { timeout: 60_000 };

describe("fal's client for JavaScript", LIMITED, () => {
  const onSimulator = async (t) => {
    const { simulator, hook } = await rig(t);
    const door = await behind(t, { url: simulator.url });
    return { simulator, hook, door, fal: falJs({ url: door.url, prefix: PREFIX, key: KEY }) };
  };

  test("submits, asks, waits and reads on the simulator", async (t) => {
    const { simulator, hook, fal } = await onSimulator(t);
    const { request_id: requestId } = await fal.queue.submit(APP,
      { input: waiting(300), webhookUrl: hook.url });
    const status = await fal.queue.status(APP, { requestId, logs: true });
    assert.deepEqual([status.status, status.queue_position], ["IN_QUEUE", 0]);
    await fal.queue.subscribeToStatus(APP, { requestId, pollInterval: 20 });
    const { data } = await fal.queue.result(APP, { requestId });
    assert.equal(typeof data.video.data_uri, "string");
    await simulator.idle();
    assert.deepEqual(jobsOf(hook), [requestId]);
  });

  test("subscribes on the simulator", async (t) => {
    const { fal } = await onSimulator(t);
    const seen = [];
    const { data } = await fal.subscribe(APP, { input: waiting(100), logs: true, pollInterval: 20,
      onQueueUpdate: ({ status }) => seen.push(status) });
    assert.equal(typeof data.video.data_uri, "string");
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

  test("sends a submission again when the answer is lost: two jobs", async (t) => {
    const { simulator, hook, door, fal } = await onSimulator(t);
    door.breakNext({ after: "request" });
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
    // The next is sent only when this one has arrived: a buffer on the way would hold it for ever.
    for (const status of STATUSES) {
      const arrived = new Promise((resolve) => stream.on("data", resolve));
      queue.streams[0].send(status);
      assert.deepEqual(await arrived, status);
    }
    queue.streams[0].end();
    assert.equal((await stream.done()).status, "COMPLETED");
  });

  test("sends all to a server proxy, with the URL in a header", async (t) => {
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

const NEEDS = lacking("python3 with venv", "openssl");
describe("fal's client for Python", { ...LIMITED, skip: NEEDS }, () => {
  before(() => pythonClients.ensure());
  const input = (value) => `json.loads('''${JSON.stringify(value)}''')`;

  const onSimulator = async (t) => {
    const { simulator, hook } = await rig(t);
    const door = await behind(t, { url: simulator.url }, tlsFront);
    const run = (script) => told(falPython(script, { host: door.host + PREFIX, key: KEY }));
    return { simulator, hook, door, run };
  };

  test("submits, asks and cancels on the simulator", async (t) => {
    const { simulator, hook, run } = await onSimulator(t);
    const [id, status] = await run(`
job = fal_client.submit("${APP}", ${input(waiting(600_000))}, webhook_url="${hook.url}")
status = fal_client.status("${APP}", job.request_id, with_logs=True)
fal_client.cancel("${APP}", job.request_id)
print(json.dumps([job.request_id, repr(status)]))`);
    assert.equal(status, "Queued(position=0)");
    await simulator.idle();
    assert.deepEqual([hook.types(), jobsOf(hook)], [["cancelled"], [id]]);
  });

  test("sends a submission again when the answer is lost: two jobs", async (t) => {
    const { simulator, hook, door, run } = await onSimulator(t);
    door.breakNext({ after: "request" });
    const id = await run(`
job = fal_client.submit("${APP}", ${input(INPUT)}, headers={"X-Pipelet-Webhook": "${hook.url}"})
print(json.dumps(job.request_id))`);
    await simulator.idle();
    const jobs = jobsOf(hook);
    assert.deepEqual([door.broken(), jobs.length, jobs.includes(id)], [1, 2, true]);
  });

  test("lives a job's whole life by the URLs of the reply", async (t) => {
    const queue = await startFalQueue({ scheme: "https" });
    const door = await behind(t, queue, tlsFront);
    const { status, got, subscribed, seen } = await told(falPython(`
job = fal_client.submit("${APP}", ${input(INPUT)})
status = [repr(job.status(with_logs=True)) for _ in range(3)]
got = job.get()
job.cancel()
seen = []
subscribed = fal_client.subscribe("${APP}", ${input(INPUT)}, with_logs=True,
    on_queue_update=lambda update: seen.append(type(update).__name__))
print(json.dumps({"status": status, "got": got, "subscribed": subscribed, "seen": seen}))`,
    { host: `${door.host}/p`, key: "k" }));
    assert.match(status.join("; "), /^Queued\(position=0\); InProgress\(.*; Completed\(.*/);
    assert.ok(status[1].includes(LOGS[0].message));
    assert.deepEqual(got, { model: `/p/${APP}`, input: INPUT });
    assert.deepEqual([subscribed, seen], [got, ["Queued", "InProgress", "Completed"]]);
    const [{ line, headers, body }, ...later] = queue.requests;
    assert.deepEqual([line, body, headers.authorization, headers.host],
      [`POST /p/${APP}`, INPUT, "Key k", door.host]);
    assert.match(later[0].line, /^GET \/p\/owner\/flux\/dev\/requests\/[^/]+\/status\?logs=true$/);
  });
});
