// Every played sender, as one of its clients meets it: keys, submission, webhooks, polls, failures.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { KEY, bytesOf, rig, sha256, until } from "../../support/rig.mjs";
import { clientOf } from "./client.mjs";
import { CLIENTS } from "./table.mjs";

for (const client of CLIENTS) {
  const { as, words: [waiting, running, completed, failed] } = client;
  const told = client.told ?? client.word;
  const polledUrl = client.polledUrl ?? client.url;
  const failure = client.failure ?? failed;

  describe(as, () => {
    if (client.sent) test("sends a completed job's webhooks, which lead to its file", async (t) => {
      const { hook, run, job, download } = await clientOf(t, client);
      const id = await run();
      assert.deepEqual(hook.received.map(({ body }) => told(body)), client.sent);
      if (client.url === undefined) return;
      const { files: [{ sha256: hash }] } = await job(id);
      const file = await download(client.url(hook.received.at(-1).body));
      assert.equal(file.status, 200);
      assert.equal(sha256(Buffer.from(await file.arrayBuffer())), hash);
    });

    if (client.sent) test("reports a failed job, once", async (t) => {
      const { hook, run } = await clientOf(t, client);
      await run({ outcome: "failed", error: "out of memory" });
      const ends = client.isFailureSilent ? [] : [failure];
      assert.deepEqual(hook.received.map(({ body }) => told(body)), [...client.sent.slice(0, -1), ...ends]);
    });

    if (client.poll) test("answers a poll in each state", async (t) => {
      const { submit, run, poll, job, forget, download } = await clientOf(t, client);
      const wordOf = async (id) => client.word(await poll(id));
      const waits = await submit({ queueMs: 60_000 });
      assert.equal(await wordOf(waits), waiting);
      const runs = await submit({ runMs: 60_000 });
      await until("it runs", async () => (await job(runs)).status === "IN_PROGRESS");
      assert.equal(await wordOf(runs), running);
      for (const id of [waits, runs]) await forget(id);
      assert.equal(await wordOf(await run({ outcome: "failed" })), failed);
      const id = await run();
      assert.equal(await wordOf(id), completed);
      if (polledUrl === undefined || as === "fal") return;
      assert.equal((await download(polledUrl(await poll(id)))).status, 200);
    });

    test("wants its key in its own header", async (t) => {
      const { hook, ask, run } = await clientOf(t, client);
      const { path, body } = client.submit(hook.url);
      const id = await run();
      for (const headers of [{}, client.key("wrong"), { authorization: KEY }, { "x-other": KEY }]) {
        assert.equal((await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).status, 401);
        if (client.poll) assert.equal((await ask(client.poll(id), { headers })).status, 401);
      }
    });
  });
}

test("each sender with data is in the table, and says where its data comes from", async (t) => {
  const files = readdirSync(new URL("../../../../tools/simulator/senders/", import.meta.url));
  const { call } = await rig(t);
  const { senders } = (await call("GET", "/_sim/senders")).json;
  assert.deepEqual([...new Set(senders.map(({ as }) => `${as.split("/")[0]}.json`))], files.sort());
  const known = CLIENTS.map(({ as }) => as);
  assert.deepEqual(senders.map(({ as }) => as).filter((as) => !known.includes(as)), ["bfl/secret", "higgsfield/key"]);
  for (const { as, sources, unknown } of senders) {
    assert.ok(sources.length > 0 && sources.every((url) => url.startsWith("https://")), as);
    assert.ok(Array.isArray(unknown), as);
  }
});

test("?as= on the queue's route: an easy start, with the queue's key", async (t) => {
  const { simulator, hook, call } = await rig(t);
  const path = `/queue/wan22-fast-t2v?as=kling/old&fal_webhook=${hook.url}`;
  const { json } = await call("POST", path, { body: { prompt: "a", _sim: { queueMs: 10 } } });
  await simulator.idle();
  assert.equal(json.answer.data.task_id, json.request_id);
  assert.deepEqual(hook.json().map(({ task_status: word }) => word), ["submitted", "processing", "succeed"]);
  const polled = (await call("GET", json.status_url)).json;
  assert.equal(polled.data.task_status, "succeed");
  assert.match((await bytesOf(polled.data.task_result.videos[0].url)).subarray(4, 8).toString(), /ftyp/);
});

test("?as= takes a sender's first way, and refuses others", async (t) => {
  const { simulator, hook, call } = await rig(t);
  await call("POST", `/queue/flux?as=kling&fal_webhook=${hook.url}`, { body: {} });
  await simulator.idle();
  assert.deepEqual(hook.json().map(({ status }) => status), ["submitted", "processing", "succeeded"]);
  for (const as of ["nobody", "kling/newest", "__proto__"]) {
    assert.equal((await call("POST", `/queue/flux?as=${as}`, { body: {} })).status, 400);
  }
  assert.equal((await call("POST", "/as/nobody/v1/x", { body: {} })).status, 400);
  assert.equal((await call("POST", "/as/luma/v1/elsewhere", { body: {} })).status, 404);
  assert.equal((await call("GET", "/as/luma/v1/elsewhere")).status, 404);
});

test("a sender on a server of its own: all of its URLs are there", async (t) => {
  for (const as of ["kling/old", "bfl/signature", "openrouter", "gemini/project", "kie/jobs"]) {
    const client = CLIENTS.find((one) => one.as === as);
    const { simulator, hook, headers, download } = await clientOf(t, client);
    const origin = await simulator.originOf(as.split("/")[0]);
    const { path, body } = client.submit(hook.url);
    const answer = await (await fetch(`${origin}/${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
    assert.ok(!JSON.stringify(answer).includes("/as/"), as);
    await simulator.idle();
    const polled = await (await fetch(`${origin}/${client.poll(client.id(answer))}`, { headers })).json();
    const url = (client.polledUrl ?? client.url)(polled);
    assert.equal(new URL(url).origin, origin);
    assert.equal((await download(url)).status, 200);
    if (client.key(KEY)["x-key"]) assert.ok(answer.polling_url.startsWith(`${origin}/v1/`));
  }
});

test("a job may end by another word", async (t) => {
  const bfl = CLIENTS.find(({ as }) => as === "bfl/signature");
  const { run, poll } = await clientOf(t, bfl);
  const id = await run({ outcome: "failed", word: "Content Moderated" });
  assert.equal((await poll(id)).status, "Content Moderated");
});

test("an ended job is forgotten after the sender's own time", async (t) => {
  const runpod = CLIENTS.find(({ as }) => as === "runpod");
  const { ask, run } = await clientOf(t, runpod);
  assert.equal((await ask(runpod.poll(await run()))).status, 200);
  const id = await run({ keptS: 0 });
  await until("404", async () => (await ask(runpod.poll(id))).status === 404);
});
