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
import { eventually, within } from "../support/wait.mjs";

const headers = { authorization: `Bearer ${API_TOKEN}` };

/** A viewer that keeps what it is told. */
async function view(vault, query = "", options = { headers }) {
  const socket = new WebSocket(vault.url.replace("http", "ws") + `/live${query}`, options);
  const messages = [];
  const viewer = { socket, messages, code: undefined };
  socket.on("message", (data) => messages.push(String(data) === "pong" ? "pong" : JSON.parse(data)));
  socket.on("close", (code) => (viewer.code = code));
  socket.on("error", () => {});
  await Promise.race([once(socket, "open"), once(socket, "close")]);
  viewer.jobs = () => messages.filter(({ job }) => job).map(({ job }) => job);
  viewer.seqs = () => messages.filter(({ job, deleted }) => job || deleted).map(({ seq }) => seq);
  viewer.here = () => eventually("the viewer is up to date", () => {
    const here = messages.find((message) => !message.job && !message.deleted && message.seq !== undefined);
    return here?.seq ?? (viewer.code === undefined ? undefined : -1);
  });
  viewer.until = (what, is) => eventually(what, () => viewer.jobs().some(is) || undefined);
  return viewer;
}

const ascend = (seqs) => assert.ok(seqs.every((seq, n) => n === 0 || seq > seqs[n - 1]), `${seqs}`);

describe("the live feed", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  it("tells of a job within a second, and of each of its changes", async () => {
    const viewer = await view(vault);
    assert.equal(await viewer.here(), 0);
    await within(1_000, async (turn) => {
      const [change, status] = turn % 2 ? [told("retried", "one", turn), "retried"] : [acquired("one", turn), "acquired"];
      const [known, begun] = [viewer.jobs().length, Date.now()];
      await vault.deliver(change, { query: "?tag=x" });
      await eventually("it is told", () => viewer.jobs().slice(known).some((job) => job.status === status) || undefined);
      return Date.now() - begun;
    });
    await vault.deliver(completed(source.put("/1_0_a.mp4", noise(50)), "one"));
    await viewer.until("the end is told", ({ archive }) => archive === "stored");
    const row = (await vault.json("/jobs?limit=1")).jobs[0];
    assert.deepEqual(viewer.jobs().at(-1), row);
    ascend(viewer.seqs());
    await vault.deliver(completed(source.put("/1_0_a.mp4", noise(50)), "one"));
    viewer.socket.send("ping");
    viewer.socket.send("nonsense");
    viewer.socket.send(Buffer.from([1, 2]));
    await eventually("pong", () => viewer.messages.includes("pong") || undefined);
    viewer.socket.close();
    await eventually("it is closed", () => viewer.code !== undefined || undefined);
  });

  it("tells who comes back what was missed, each job once and as it is", async () => {
    const first = await view(vault);
    const seq = await first.here();
    for (const id of ["m1", "m2", "m3"]) await vault.deliver(acquired(id));
    // A job that root has never heard of need not be told as gone.
    await first.until("m2 is told", ({ id }) => id === "m2");
    first.socket.terminate();
    await vault.deliver(told("failed", "m1", 2));
    await fetch(`${vault.url}/jobs/m2`, { method: "DELETE", headers });
    vault.unwatch("m2");
    // What comes after "here" is news of now, and may be of a job that was told already.
    const isHere = ({ job, deleted, seq: number }) => !job && !deleted && number !== undefined;
    const missedBy = ({ messages }) => messages.slice(0, messages.findIndex(isHere));
    const second = await eventually("all is told", async () => {
      const viewer = await view(vault, `?after=${seq}`);
      await viewer.here();
      viewer.socket.terminate();
      const missed = missedBy(viewer);
      const isWhole = missed.some(({ job }) => job?.id === "m1" && job.status === "failed")
        && missed.some(({ deleted }) => deleted === "m2") && missed.some(({ job }) => job?.id === "m3");
      return isWhole ? viewer : undefined;
    });
    const missed = missedBy(second).filter(({ job }) => job);
    assert.deepEqual(missed.map(({ job }) => job.id).filter((id) => id !== "one").sort(), ["m1", "m3"]);
    ascend(second.seqs());
    assert.ok(second.seqs().every((number) => number > seq));
    assert.ok((await second.here()) >= missed.at(-1).seq);
    const third = await view(vault, "?after=999999999");
    assert.ok((await third.here()) >= (await second.here()));
    third.socket.terminate();
  });

  it("misses nothing while the Worker dies again and again", async () => {
    let known = await (await view(vault)).here();
    const seen = new Map();
    for (let round = 0; round < 3; round += 1) {
      const viewer = await view(vault, `?after=${known}`);
      const ids = Array.from({ length: 20 }, (_, n) => `k${20 * round + n}`);
      const deliveries = ids.map((id) => vault.deliver(told("failed", id, 1)).catch(() => undefined));
      await eventually("something is told", () => viewer.seqs().length > 0 || viewer.code !== undefined || undefined);
      await vault.kill();
      await Promise.all(deliveries);
      await eventually("the viewer is dropped", () => viewer.code !== undefined || undefined);
      ascend(viewer.seqs());
      for (const { seq, job } of viewer.messages) if (job) seen.set(job.id, seq);
      known = Math.max(known, ...viewer.seqs());
    }
    for (let n = 0; n < 60; n += 1) await vault.deliver(told("failed", `k${n}`, 1));
    await eventually("all are seen", async () => {
      const viewer = await view(vault, `?after=${known}`);
      await viewer.here();
      viewer.socket.terminate();
      for (const { seq, job } of viewer.messages) if (job) seen.set(job.id, seq);
      return Array.from({ length: 60 }, (_, n) => `k${n}`).every((id) => seen.has(id)) || undefined;
    });
  });

  it("has two hundred viewers, and those that leave disturb no one", async () => {
    const viewers = await Promise.all(Array.from({ length: 200 }, () => view(vault)));
    await Promise.all(viewers.map((viewer) => viewer.here()));
    for (const viewer of viewers.slice(0, 50)) viewer.socket.terminate();
    for (let n = 0; n < 10; n += 1) await vault.deliver(acquired(`v${n}`));
    for (const viewer of viewers.slice(50)) {
      for (let n = 0; n < 10; n += 1) await viewer.until(`v${n} is told`, ({ id }) => id === `v${n}`);
      ascend(viewer.seqs());
      viewer.socket.terminate();
    }
  });

  it("brings one that is far behind forward piece by piece", async () => {
    const ids = Array.from({ length: 1_200 }, (_, n) => `far-${n}`);
    for (let n = 0; n < ids.length; n += 50) {
      await Promise.all(ids.slice(n, n + 50).map((id) => vault.deliver(told("cancelled", id, 1), { isOneOfMany: true })));
    }
    await eventually("root knows them", async () => (await vault.json("/stats")).status.cancelled === 1_200 || undefined);
    const seen = new Set();
    let known = 0;
    for (let tries = 0; ; tries += 1) {
      assert.ok(tries < 6, "too many tries");
      const viewer = await view(vault, `?after=${known}`);
      const here = await viewer.here();
      for (const { id } of viewer.jobs()) seen.add(id);
      ascend(viewer.seqs());
      known = Math.max(known, ...viewer.seqs());
      viewer.socket.terminate();
      if (here !== -1) break;
      assert.equal(viewer.code, 1013);
    }
    assert.ok(ids.every((id) => seen.has(id)));
  });

  it("opens for a ticket, and for no one else", async () => {
    const make = async (scope) => (await (await vault.post("/tickets", JSON.stringify({ scope }), headers)).json()).ticket;
    const viewer = await view(vault, `?ticket=${await make("live")}`, {});
    assert.notEqual(await viewer.here(), -1);
    viewer.socket.terminate();
    const status = async (path, init) => {
      const response = await fetch(vault.url + path, init);
      await response.arrayBuffer();
      return response.status;
    };
    assert.equal(await status("/live"), 401);
    assert.equal(await status(`/live?ticket=${await make("job:one")}`), 403);
    assert.equal(await status("/live?after=x", { headers }), 400);
    assert.equal(await status("/live?before=1", { headers }), 400);
    assert.equal(await status("/live", { headers }), 426);
    const refused = new WebSocket(`${vault.url.replace("http", "ws")}/live`);
    const [, response] = await once(refused, "unexpected-response");
    assert.equal(response.statusCode, 401);
  });
});
