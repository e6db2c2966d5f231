// Trying a hand-off on one's own machine: a listener at http://localhost, which must be on the allow list.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { told } from "../support/deliveries.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

let upstream;
let receiver;
let place;
before(async () => {
  [upstream, receiver] = [await startUpstream(), await startReceiver()];
  place = `http://localhost:${receiver.port}`;
});
after(() => stopAll(receiver, upstream));

const vaultWith = (sources) =>
  startVault({ sources, vars: { ...upstream.vars, HANDOFF_URL: `${place}/all` } });
const submit = (vault) => fetch(`${vault.url}/queue/flux-schnell?fal_webhook=${encodeURIComponent(`${place}/mine`)}`,
  { method: "POST", body: '{"prompt":"x"}', headers: { authorization: `Bearer ${API_TOKEN}` } });

describe("a listener on this machine", () => {
  it("gets the hand-off if ALLOWED_SOURCE_HOSTS lists it", async (t) => {
    const vault = await vaultWith(`${upstream.sources},${place}`);
    t.after(() => vault.stop());
    const { request_id: id } = await (await submit(vault)).json();
    vault.watch(id);
    const came = await eventually("both got the end", () => {
      const ends = receiver.requests.filter(({ json }) => json.eventType === "completed");
      return ends.length === 2 ? ends : undefined;
    });
    assert.deepEqual(came.map(({ path }) => path).sort(), ["/all", "/mine"]);
    assert.ok(came[0].json.image.data_uri.startsWith(`${vault.url}/files/`), came[0].body);
    await eventually("it is delivered", async () => (await vault.job(id)).handoff?.state === "delivered" || undefined);
  });

  it("gets nothing if it is not listed, and the record names that variable", async (t) => {
    const vault = await vaultWith(upstream.sources);
    t.after(() => vault.stop());
    vault.expectErrors(/HANDOFF_URL is a local address and not in ALLOWED_SOURCE_HOSTS/);
    const from = receiver.requests.length;
    const answer = await submit(vault);
    assert.equal(answer.status, 400);
    assert.match((await answer.json()).detail, /localhost:\d+\/mine", which is a local address and not in ALLOWED_SOURCE_HOSTS; /);
    await vault.deliver(told("failed", "1", 1));
    assert.equal((await vault.job("1")).handoff, null);
    assert.equal(receiver.requests.length, from);
  });
});
