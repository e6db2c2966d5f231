// A client whose connection broke before the answer submits again, and has one job.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pythonClients } from "../../../tools/setup/python.mjs";
import { PATIENT } from "../support/calls.mjs";
import { falJs, falPython, front, overTls, tlsFront, told, trustCertificate } from "../support/programs/clients.mjs";
import { startHolder } from "../support/servers/holder.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { askable, startUpstream } from "../support/servers/upstream.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const APP = "fal-ai/wan22";
const PREFIX = "/fal/queue";

let upstream, holder;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 4_096 } });
  holder = await startHolder(upstream.url);
});
after(() => stopAll(holder, upstream));

const vaultOf = (more = {}) =>
  startVault({ sources: upstream.sources, vars: { ...askable(holder.url), ...PATIENT }, ...more });
/** Webhooks come through the same proxy, so only submissions count. */
const only = `POST ${PREFIX}/`;
const submissions = async () => (await (await fetch(`${upstream.url}/_sim/jobs`)).json()).jobs.length;

/**
 * Breaks the connection of a submission that the upstream has accepted but not answered. The answer comes only after
 * the client has sent it again. Returns what `submit` returns.
 */
async function brokenOnce(door, submit, { reset = false } = {}) {
  const [asked, before] = [door.asked(), await submissions()];
  holder.hold();
  door.breakNext({ when: () => holder.held() || undefined, reset });
  const running = submit();
  await eventually("the client has come again", () => door.asked() > asked + 1 || undefined);
  assert.equal(holder.held(), 1, "the one submission");
  holder.release();
  const seen = await running;
  assert.equal(await submissions(), before + 1);
  return seen;
}

describe("the JavaScript client", () => {
  let vault, door, fal;
  before(async () => {
    vault = await vaultOf();
    vault.expectErrors(/disconnected/);
    door = await front(vault.url, { only });
    fal = falJs({ url: door.url, prefix: PREFIX, key: API_TOKEN });
  });
  after(() => stopAll(door, vault));

  for (const [reset, how] of [[false, "was closed"], [true, "was cut"]]) {
    it(`has one job when its connection ${how} before the answer`, async () => {
      const submit = () => fal.queue.submit(APP, { input: { prompt: how } });
      const { request_id: id } = await brokenOnce(door, submit, { reset });
      vault.watch(id);
      await vault.settled(id);
    });
  }

  it("has another job for the same input when it has read the answer", async () => {
    const input = { prompt: "twice" };
    const first = await fal.queue.submit(APP, { input });
    const second = await fal.queue.submit(APP, { input });
    for (const { request_id: id } of [first, second]) await vault.settled(id);
    assert.notEqual(second.request_id, first.request_id);
  });
});

describe("the Python client", { skip: lacking("python3 with venv", "openssl") }, () => {
  let vault, door;
  before(async () => {
    await pythonClients.ensure();
    trustCertificate();
    vault = await vaultOf({ change: overTls });
    vault.expectErrors(/disconnected/);
    door = await tlsFront(vault.url, { only });
  });
  after(() => stopAll(vault, door));

  it("has one job when its connection broke before the answer", async () => {
    const seen = await brokenOnce(door, () => told(falPython(`
handle = fal_client.submit("${APP}", arguments={"prompt": "once more"})
print(json.dumps({"id": handle.request_id}))
`, { host: door.host + PREFIX, key: API_TOKEN, limitMs: 60_000 })));
    vault.watch(seen.id);
    await vault.settled(seen.id);
  });
});
