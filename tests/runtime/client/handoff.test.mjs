// `verifyHandoff` with the package `standardwebhooks` accepts what hookvault hands on, and nothing else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HookVault } from "hookvault/client";
import { verifyHandoff, WebhookVerificationError } from "hookvault/client/handoff";
import { startReceiver } from "../support/servers/receiver.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const [SECRET, FORMER, OTHER] = ["A", "B", "C"].map((letter) => `whsec_${letter.repeat(32)}`);

let upstream, receiver, vault, message;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 1_000 } });
  receiver = await startReceiver();
  vault = await startVault({ sources: `${upstream.sources},${receiver.url}`,
    vars: { ...upstream.vars, HANDOFF_SECRET: `${SECRET},${FORMER}` } });
  const client = new HookVault({ url: vault.url, token: API_TOKEN });
  const { id } = await client.submit("wan22-fast-t2v", { prompt: "x" }, { webhook: `${receiver.url}/hook` });
  vault.watch(id);
  [, message] = await receiver.received(2);
  await eventually("it is delivered", async () => ((await client.job(id, { isFresh: true })).handoff.state === "delivered") || undefined);
});
after(() => stopAll(vault, receiver, upstream));

const refused = (given, secrets) => assert.rejects(verifyHandoff(given, secrets), WebhookVerificationError);

test("a message is accepted in each form, by any of the secrets", async () => {
  const { headers, body } = message;
  for (const secrets of [SECRET, FORMER, `${OTHER}, ${SECRET}`, [OTHER, FORMER]]) {
    const { id, event, body: text } = await verifyHandoff({ headers, body }, secrets);
    assert.deepEqual([id, event.eventType, text], [headers["webhook-id"], "completed", body]);
    assert.ok(event.video.data_uri.startsWith(`${vault.url}/files/`));
  }
  const request = new Request("https://app.example/hook", { method: "POST", headers: { ...headers, host: "", connection: "" }, body });
  assert.equal((await verifyHandoff(request, SECRET)).event.eventType, "completed");
  const bytes = await verifyHandoff({ headers: new Headers({ ...headers, connection: "" }), body: Buffer.from(body) }, SECRET);
  assert.equal(bytes.event.eventType, "completed");
});

test("a message of a stranger, a changed, an old and an unsigned one are refused", async () => {
  const { headers, body } = message;
  await refused({ headers, body }, OTHER);
  await refused({ headers, body }, []);
  await refused({ headers, body }, "");
  await refused({ headers, body: body.replace("completed", "cancelled") }, SECRET);
  await refused({ headers: { ...headers, "webhook-id": "msg_other" }, body }, SECRET);
  await refused({ headers: { ...headers, "webhook-timestamp": "1614265330" }, body }, SECRET);
  await refused({ headers: {}, body }, SECRET);
  await assert.rejects(verifyHandoff({ headers, body: JSON.parse(body) }, SECRET), TypeError);
});
