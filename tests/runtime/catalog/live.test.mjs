// GET /live: every change as it happens, and what was missed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import WebSocket from "ws";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { noise } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { view } from "../support/viewer.mjs";
import { eventually, within } from "../support/wait.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };

describe("the live feed", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  it("reports a job and each of its changes within a second", async () => {
    const viewer = await view(vault);
    const here = await viewer.here();
    assert.equal(typeof here.seq, "string");
    assert.equal(here.resync, undefined);
    await within(1_000, async (turn) => {
      const [change, status] = turn % 2 ? [told("retried", "one", turn), "retried"] : [acquired("one", turn), "acquired"];
      const [known, begun] = [viewer.jobs().length, Date.now()];
      await vault.deliver(change, { query: "?tag=x" });
      await eventually("it is sent", () => viewer.jobs().slice(known).some((job) => job.status === status) || undefined);
      return Date.now() - begun;
    });
    await vault.deliver(completed(source.put("/1_0_a.mp4", noise(50)), "one"));
    await viewer.until("the end is sent", ({ archive }) => archive === "stored");
    const row = (await vault.json("/jobs?limit=1")).jobs[0];
    assert.deepEqual(viewer.jobs().at(-1), row);
    await vault.deliver(completed(source.put("/1_0_a.mp4", noise(50)), "one"));
    viewer.socket.send("ping");
    viewer.socket.send("nonsense");
    viewer.socket.send(Buffer.from([1, 2]));
    await eventually("pong", () => viewer.messages.includes("pong") || undefined);
    viewer.socket.close();
    await eventually("it is closed", () => viewer.code !== undefined || undefined);
  });

  it("sends a returning viewer what it missed, each job once in its present state", async () => {
    const first = await view(vault);
    const { seq } = await first.here();
    for (const id of ["m1", "m2", "m3"]) await vault.deliver(acquired(id));
    await first.until("m2 is sent", ({ id }) => id === "m2");
    first.socket.terminate();
    await vault.deliver(told("failed", "m1", 2));
    await fetch(`${vault.url}/jobs/m2`, { method: "DELETE", headers });
    vault.unwatch("m2");
    const second = await eventually("all is sent", async () => {
      const viewer = await view(vault, seq);
      await viewer.here();
      viewer.socket.terminate();
      const missed = viewer.missed();
      const isWhole = missed.some(({ job }) => job?.id === "m1" && job.status === "failed")
        && missed.some(({ deleted }) => deleted === "m2") && missed.some(({ job }) => job?.id === "m3");
      return isWhole ? viewer : undefined;
    });
    const missed = second.missed().filter(({ job }) => job);
    assert.deepEqual(missed.map(({ job }) => job.id).filter((id) => id !== "one").sort(), ["m1", "m3"]);
    for (const { seq: at } of second.missed()) assert.equal(typeof at, "string");
  });

  it("tells a viewer with an unknown position to read the list again", async () => {
    for (const after of ["999999999", "0", "x", "", `1~${"9".repeat(300)}`]) {
      const viewer = await view(vault, after);
      assert.equal((await viewer.here()).resync, true, after);
      assert.deepEqual(viewer.missed(), []);
      viewer.socket.terminate();
      const next = await view(vault, viewer.seq());
      assert.equal((await next.here()).resync, undefined);
      next.socket.terminate();
    }
  });

  it("misses nothing while the Worker dies again and again", async () => {
    let { seq: known } = await (await view(vault)).here();
    const seen = new Set();
    for (let round = 0; round < 3; round += 1) {
      const viewer = await view(vault, known);
      const ids = Array.from({ length: 20 }, (_, n) => `k${20 * round + n}`);
      const deliveries = ids.map((id) => vault.deliver(told("failed", id, 1)).catch(() => undefined));
      await eventually("something is sent", () => viewer.jobs().length > 0 || viewer.code !== undefined || undefined);
      await vault.kill();
      await Promise.all(deliveries);
      await eventually("the viewer is dropped", () => viewer.code !== undefined || undefined);
      for (const { id } of viewer.jobs()) seen.add(id);
      known = viewer.seq() ?? known;
    }
    for (let n = 0; n < 60; n += 1) await vault.deliver(told("failed", `k${n}`, 1));
    await eventually("all are seen", async () => {
      const viewer = await view(vault, known);
      await viewer.here();
      viewer.socket.terminate();
      for (const { id } of viewer.jobs()) seen.add(id);
      return Array.from({ length: 60 }, (_, n) => `k${n}`).every((id) => seen.has(id)) || undefined;
    });
  });

  it("serves two hundred viewers, and those that leave disturb no one", async () => {
    const viewers = await Promise.all(Array.from({ length: 200 }, () => view(vault)));
    await Promise.all(viewers.map((viewer) => viewer.here()));
    for (const viewer of viewers.slice(0, 50)) viewer.socket.terminate();
    for (let n = 0; n < 10; n += 1) await vault.deliver(acquired(`v${n}`));
    for (const viewer of viewers.slice(50)) {
      for (let n = 0; n < 10; n += 1) await viewer.until(`v${n} is sent`, ({ id }) => id === `v${n}`);
      viewer.socket.terminate();
    }
  });

  it("opens with a ticket or token, and for no one else", async () => {
    const make = async (scope) => (await (await vault.post("/tickets", JSON.stringify({ scope }), headers)).json()).ticket;
    const viewer = await view(vault, undefined, { query: `ticket=${await make("live")}`, options: {} });
    assert.equal(typeof (await viewer.here()).seq, "string");
    assert.equal(viewer.code, undefined);
    viewer.socket.terminate();
    const status = async (path, init) => {
      const response = await fetch(vault.url + path, init);
      await response.arrayBuffer();
      return response.status;
    };
    assert.equal(await status("/live"), 401);
    assert.equal(await status(`/live?ticket=${await make("job:one")}`), 403);
    assert.equal(await status("/live?before=1", { headers }), 400);
    assert.equal(await status("/live", { headers }), 426);
    const refused = new WebSocket(`${vault.url.replace("http", "ws")}/live`);
    const [, response] = await once(refused, "unexpected-response");
    assert.equal(response.statusCode, 401);
  });
});
