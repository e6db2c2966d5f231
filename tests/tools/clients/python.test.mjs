// Like js.test.mjs, for fal's client for Python, which speaks only TLS. It cannot follow the URLs in the simulator's
// answers, because these are http: there it asks by the job's id.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { pythonClients } from "../../../tools/setup/python.mjs";
import { falPython, tlsFront, told } from "../../runtime/support/programs/clients.mjs";
import { lacking } from "../../runtime/support/programs/tools.mjs";
import { APP, INPUT, LIMITED, PREFIX, behind, jobsOf, simulatorBehind,
  waiting } from "../support/behind.mjs";
import { LOGS, startFalQueue } from "../support/fal-queue.mjs";
import { KEY } from "../support/rig.mjs";

const NEEDS = lacking("python3 with venv", "openssl");
describe("fal's client for Python", { ...LIMITED, skip: NEEDS }, () => {
  before(() => pythonClients.ensure());
  const input = (value) => `json.loads('''${JSON.stringify(value)}''')`;

  const onSimulator = async (t) => {
    const { simulator, hook, door } = await simulatorBehind(t, tlsFront);
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

  test("sends a submission again when the answer is lost, which makes two jobs", async (t) => {
    const { simulator, hook, door, run } = await onSimulator(t);
    door.breakNext();
    const id = await run(`
job = fal_client.submit("${APP}", ${input(INPUT)}, headers={"X-Pipelet-Webhook": "${hook.url}"})
print(json.dumps(job.request_id))`);
    await simulator.idle();
    const jobs = jobsOf(hook);
    assert.deepEqual([door.broken(), jobs.length, jobs.includes(id)], [1, 2, true]);
  });

  test("follows a job's whole life by the URLs of the reply", async (t) => {
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
