// The Worker behind TLS, as every deployed one is. Its URLs are https at the requested host, even through a front that
// loses one response.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { front, overTls, tlsFront, trustCertificate } from "../support/programs/clients.mjs";
import { told } from "../support/deliveries.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { stopAll } from "../support/stop.mjs";
import { HOOK_TOKEN, startVault } from "../support/vault.mjs";

describe("over TLS", { skip: lacking("openssl") }, () => {
  let [vault, door] = [];
  before(async () => {
    trustCertificate();
    vault = await startVault({ change: overTls });
    door = await tlsFront(vault.url);
  });
  after(() => stopAll(door, vault));

  const fileOf = async (origin, id) => {
    const image = `data:image/png;base64,${"A".repeat(2_000)}`;
    const body = JSON.stringify(told("completed", id, 1, { image }));
    assert.equal((await vault.post(`${origin}/hook/${HOOK_TOKEN}`, body)).status, 200);
    vault.watch(id);
    return new URL((await vault.settled(id)).files[0].url).origin;
  };

  it("the URLs have the scheme and host of the request", async () => {
    assert.match(vault.url, /^https:/);
    assert.equal(await fileOf(vault.url, "437852"), vault.url);
    assert.equal(await fileOf(door.url, "437853"), door.url);
  });

  it("when a response is lost, with TLS on both sides, the Worker has still worked", async () => {
    const url = `${door.url}/hook/${HOOK_TOKEN}`;
    const body = JSON.stringify(told("acquired", "437854", 1));
    door.breakNext();
    await assert.rejects(vault.post(url, body), TypeError);
    assert.equal(door.broken(), 1);
    assert.equal((await vault.job("437854")).deliveries, 1);
    assert.equal((await vault.post(url, body)).status, 200);
    assert.equal(door.broken(), 1);
  });

  it("a front without TLS before the Worker shows in the Worker's URLs", async () => {
    const bare = await front(vault.url);
    assert.equal(await fileOf(bare.url, "437855"), bare.url.replace("http:", "https:"));
    await bare.stop();
  });
});
