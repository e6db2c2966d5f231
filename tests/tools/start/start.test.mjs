// `npm start`: what it prints works, it survives the death of its processes, and it keeps its data.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import WebSocket from "ws";
import { listenOnce } from "../../../tools/ports.mjs";
import { processes } from "../../../tools/start/processes.mjs";
import { eventually } from "../../../tools/workerd/wait.mjs";
import { Local } from "../support/local.mjs";

const bash = (line) => execFileSync("bash", ["-c", line], { encoding: "utf8" });
const acquired = (id) => ({ eventType: "acquired", jobId: id, queueName: "free" });

describe("npm start", () => {
  let local;
  before(async () => {
    local = await Local.start();
  });
  after(() => local?.remove());

  const host = () => JSON.parse(readFileSync(join(local.dir, "running.json"), "utf8")).host;
  const runtime = () => processes().find(({ group, pid }) => group === host() && pid !== host());
  const answers = () => eventually("it answers", async () =>
    (await fetch(`${local.url}/healthz`).catch(() => undefined))?.ok || undefined);

  it("prints commands that work as they are, with readable output", async () => {
    const [first, second, third, kept] = local.text.match(/^curl .*$/gm);
    const queued = [first, second, third].map((line) => JSON.parse(bash(line)));
    const text = bash(kept);
    assert.ok(text.split("\n").length > 20, text);
    const record = JSON.parse(text);
    assert.equal(record.id, queued[0].request_id);
    assert.deepEqual([record.status, record.archive, record.app], ["completed", "stored", "wan22-fast-t2v"]);
    for (const [n, app] of ["wan22-fast-t2v", "flux-schnell", "stable-audio"].entries()) {
      const job = await local.json(`/jobs/${queued[n].request_id}?wait=30&for=settled`);
      assert.deepEqual([job.archive, job.app], ["stored", app]);
      const file = await fetch(job.files[0].url);
      assert.equal(file.status, 200);
      assert.equal((await file.arrayBuffer()).byteLength, job.files[0].size);
    }
  });

  it("stores the files of a sender that the simulator plays", async () => {
    const hook = `${local.url}/hook/${local.vars.HOOK_TOKEN}`;
    const path = `/queue/flux?as=replicate&fal_webhook=${encodeURIComponent(hook)}`;
    const init = { method: "POST", headers: { authorization: "Bearer dev-upstream-key" }, body: `{"prompt":"a"}` };
    const { request_id: id } = await (await fetch(`http://127.0.0.1:${local.ports.simulator}${path}`, init)).json();
    await eventually("it is known", async () => (await local.json("/jobs?limit=50")).jobs.some((job) => job.id === id) || undefined);
    const job = await local.json(`/jobs/${id}?wait=30&for=settled`);
    assert.deepEqual([job.provider, job.archive], ["replicate", "stored"]);
  });

  it("answers at localhost and at 127.0.0.1, with pages and the live feed", async () => {
    for (const name of ["localhost", "127.0.0.1"]) {
      const page = await fetch(`http://${name}:${local.ports.worker}/`);
      assert.match(await page.text(), /<script[^>]+src="([^"]+)"/);
      const socket = new WebSocket(`ws://${name}:${local.ports.worker}/live`, { headers: { authorization: local.authorization } });
      const [message] = await once(socket, "message");
      assert.equal(typeof JSON.parse(message).seq, "string");
      socket.terminate();
    }
  });

  it("prints a line for each request, and no secret", async () => {
    await local.deliver(acquired(1));
    await fetch(`${local.url}/no/such/path?secret=1`);
    await fetch(`${local.url}/files/437852/0123456789abcdef0123456789abcdef/0-a.mp4`);
    await local.says(/^200 POST {3}\/hook\/\*\*\* \d+ ms$/m);
    await local.says(/^404 GET {4}\/no\/such\/path \d+ ms$/m);
    await local.says(/^404 GET {4}\/files\/437852\/\*\*\*\/0-a\.mp4 \d+ ms$/m);
    const [, log] = local.text.split("as soon as its files are stored:");
    assert.ok(!log.slice(log.indexOf("\n\n")).includes(local.vars.HOOK_TOKEN));
  });

  it("restarts a runtime that has died, and says so", async () => {
    await local.deliver(acquired(2));
    const { pid } = runtime();
    process.kill(pid, "SIGKILL");
    await local.says(/^The runtime ended\. It was started again\.$/m);
    await answers();
    assert.notEqual(runtime().pid, pid);
    assert.equal((await local.json("/jobs/2")).status, "acquired");
  });

  it("restarts the process that starts runtimes too", async () => {
    const dead = host();
    process.kill(dead, "SIGKILL");
    await local.says(/^The Worker's process ended \(SIGKILL\)\. It is started again\.$/m);
    await answers();
    assert.notEqual(host(), dead);
    assert.equal((await local.json("/jobs/2")).status, "acquired");
  });

  it("keeps everything from one start to the next, and leaves no process behind", async () => {
    const { dir, ports } = local;
    await local.end();
    assert.equal(local.child.exitCode, 0);
    for (const port of Object.values(ports)) await listenOnce(port);
    local = await Local.start({ dir, ports });
    assert.equal((await local.json("/jobs/2")).status, "acquired");
  });

  it("leaves nothing behind when it is killed", async () => {
    const group = host();
    await local.end("SIGKILL");
    await eventually("all have ended", () => !processes().some((one) => one.group === group) || undefined);
  });
});
