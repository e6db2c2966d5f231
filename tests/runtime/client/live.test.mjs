// The client's iterators go on over broken connections: a job's timeline, and the live feed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { HookVault, HookVaultError } from "hookvault/client";
import { inRoot } from "../../../tools/setup/project.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { must } from "../support/programs/program.mjs";
import { listen } from "../support/servers/listen.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";
import { steady } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const QUICK = { pauseMs: 20 };

let vault, client;
before(async () => {
  vault = await startVault({ vars: { READ_TOKEN }, change: await steady() });
  client = new HookVault({ url: vault.url, token: API_TOKEN, ...QUICK });
});
after(() => stopAll(vault));

/** Reads an iterator in the background: `{ seen, ended, stop }`. */
function follow(context, iterate) {
  const leaving = new AbortController();
  const reader = { seen: [], ended: undefined, stop: () => leaving.abort(new Error("left")) };
  reader.done = (async () => {
    for await (const one of iterate(leaving.signal)) reader.seen.push(one);
    return "ended";
  })().catch((error) => error).then((end) => (reader.ended = end));
  context.after(async () => {
    reader.stop();
    await reader.done;
  });
  reader.until = (what, is) => eventually(what, () => is(reader.seen) || undefined);
  return reader;
}

const jobs = (seen) => seen.filter(({ type }) => type === "job").map(({ job }) => `${job.id}:${job.status}`);

describe("a job's timeline", () => {
  test("goes on after a restart, each entry once, and ends with the job", async (context) => {
    await vault.deliver(acquired("e1", 1));
    const reader = follow(context, (signal) => client.events("e1", { signal }));
    await reader.until("it begins", (seen) => seen.length === 1);
    await vault.restart();
    await vault.deliver(told("retried", "e1", 2));
    await reader.until("it goes on", (seen) => seen.length === 2);
    await vault.deliver(acquired("e1", 3));
    await vault.deliver(told("failed", "e1", 4));
    assert.equal(await reader.done, "ended");
    assert.deepEqual(reader.seen.map(({ n, eventType }) => [n, eventType]),
      [[1, "acquired"], [2, "retried"], [3, "acquired"], [4, "failed"]]);
  });

  test("goes on after the server has ended the stream", async (context) => {
    const reader = follow(context, (signal) => client.events("e2", { signal }));
    assert.equal((await reader.done).code, "no-such-job", "an unknown job is an error at the beginning");
    await vault.deliver(acquired("e2", 1));
    const again = follow(context, (signal) => client.events("e2", { until: "never", signal }));
    await again.until("it begins", (seen) => seen.length === 1);
    for (let n = 2; n <= 100; n += 1) {
      await vault.deliver(n % 2 ? acquired("e2", n) : told("retried", "e2", n));
      await again.until(`entry ${n}`, (seen) => seen.length >= n);
    }
    assert.deepEqual(again.seen.map(({ n }) => n), Array.from({ length: 100 }, (_, n) => n + 1));
    await vault.deliver(told("failed", "e2", 101));
    await again.until("the end, which does not end it", (seen) => seen.length === 101);
    assert.equal(again.ended, undefined);
    again.stop();
    assert.equal((await again.done).message, "left");
  });

  test("ends when the caller leaves the loop", async () => {
    await vault.deliver(acquired("e3", 1));
    for await (const { n } of client.events("e3")) {
      assert.equal(n, 1);
      break;
    }
  });
});

describe("the live feed", () => {
  test("yields changes, and what was missed while the connection was broken", async (context) => {
    let breaks = 0;
    const reader = follow(context, (signal) => client.live({ signal, onBreak: () => (breaks += 1) }));
    await reader.until("it is up to date", (seen) => seen.some(({ type }) => type === "current"));
    await vault.deliver(acquired("f1", 1));
    await reader.until("a change", (seen) => jobs(seen).includes("f1:acquired"));
    await vault.restart();
    await vault.deliver(told("failed", "f1", 2));
    await vault.deliver(told("failed", "f2", 2));
    await reader.until("what was missed", (seen) => ["f1:failed", "f2:failed"].every((one) => jobs(seen).includes(one)));
    assert.ok(!reader.seen.some(({ type }) => type === "reset"), "its cursor is known");
    assert.equal(breaks, 1);
    await fetch(`${vault.url}/jobs/f2`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
    vault.unwatch("f2");
    await reader.until("a deletion", (seen) => seen.some(({ type, id }) => type === "deleted" && id === "f2"));
  });

  test("begins after a cursor", async (context) => {
    const first = follow(context, (signal) => client.live({ signal }));
    await first.until("it is up to date", (seen) => seen.length > 0);
    const { seq } = first.seen.at(-1);
    first.stop();
    await first.done;
    await vault.deliver(told("failed", "g1", 1));
    const second = follow(context, (signal) => client.live({ after: seq, signal }));
    await second.until("the change", (seen) => jobs(seen).includes("g1:failed"));
  });

  test("reads the list again where its cursor is unknown", async (context) => {
    for (let n = 0; n < 3; n += 1) await vault.deliver(told("failed", `r${n}`, n), { query: "?tag=reset" });
    await eventually("they are in the list", async () => (await vault.json("/jobs?tag=reset")).jobs.length === 3 || undefined);
    const reader = follow(context, (signal) => client.live({ after: "999999999", list: { tag: "reset" }, signal }));
    await reader.until("it is up to date", (seen) => seen.some(({ type }) => type === "current"));
    const whole = reader.seen.slice(0, 1 + reader.seen.findIndex(({ type }) => type === "current"));
    assert.equal(whole[0].type, "reset");
    assert.deepEqual(jobs(whole).sort(), ["r0:failed", "r1:failed", "r2:failed"]);
    assert.ok(whole.slice(0, -1).every(({ seq }) => seq === null) && whole.at(-1).seq);
    await vault.deliver(told("failed", "r3", 1));
    await reader.until("a change after it", (seen) => jobs(seen).includes("r3:failed"));
  });

  test("is open to a ticket and to `READ_TOKEN`, and refused with a reason", async (context) => {
    const { ticket } = await client.ticket({ scope: "live", ttl: 60 });
    for (const access of [{ ticket }, { token: READ_TOKEN }]) {
      const reader = follow(context, (signal) => new HookVault({ url: vault.url, ...access, ...QUICK }).live({ signal }));
      await reader.until("it is up to date", (seen) => seen.length > 0);
    }
    const wrong = await client.ticket({ scope: "job:f1", ttl: 60 });
    for (const [access, code] of [[{ token: "wrong-token-0123456789" }, "wrong-token"], [wrong, "wrong-scope"], [{}, "no-token"]]) {
      const reader = follow(context, (signal) => new HookVault({ url: vault.url, ...access, ...QUICK }).live({ signal }));
      const error = await reader.done;
      assert.ok(error instanceof HookVaultError, String(error));
      assert.equal(error.code, code);
    }
  });

  test("ends with the reason when its ticket ends", async (context) => {
    const { ticket } = await client.ticket({ scope: "live", ttl: 1 });
    const reader = follow(context, (signal) => new HookVault({ url: vault.url, ticket, ...QUICK }).live({ signal }));
    assert.equal((await reader.done).code, "ticket-ended");
  });

  test("at a wrong address is an error, and a caller can leave", async (context) => {
    const silent = await listen(createServer());
    context.after(silent.stop);
    for (const url of ["http://127.0.0.1:1", `${vault.url}/nothing`]) {
      const reader = follow(context, (signal) => new HookVault({ url, token: API_TOKEN, ...QUICK }).live({ signal }));
      assert.ok((await reader.done) instanceof Error, url);
    }
    const reader = follow(context, (signal) => new HookVault({ url: silent.url, token: "t", ...QUICK }).live({ signal }));
    reader.stop();
    assert.equal((await reader.done).message, "left");
  });
});

test("a program ends as soon as it has left the loops", async () => {
  const code = `import { HookVault } from "hookvault/client";
const vault = new HookVault({ url: "${vault.url}", token: "${API_TOKEN}" });
for await (const { type } of vault.live()) if (type === "current") break;
for await (const entry of vault.events("e3", { until: "never" })) if (entry.n === 1) break;`;
  const begun = Date.now();
  await must(process.execPath, ["--input-type=module", "--eval", code], { cwd: inRoot() });
  assert.ok(Date.now() - begun < 8_000, `${Date.now() - begun} ms`);
});
