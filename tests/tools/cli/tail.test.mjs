// `hookvault tail`: the live feed, also when connections break.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { acquired, told } from "../../runtime/support/deliveries.mjs";
import { listen } from "../../runtime/support/servers/listen.mjs";
import { stopAll } from "../../runtime/support/stop.mjs";
import { API_TOKEN, startVault } from "../../runtime/support/vault.mjs";
import { steady } from "../../runtime/support/vaults/served.mjs";
import { eventually } from "../../runtime/support/wait.mjs";
import { begin, folder, hookvault } from "./support.mjs";

let vault, env;
before(async () => {
  vault = await startVault({ change: await steady() });
  env = { HOOKVAULT_URL: vault.url, API_TOKEN };
});
after(() => stopAll(vault));

/** Starts `tail`, which the test's end kills: `{ says, shows, child, ended }`. */
function follow(t, args = [], own = env) {
  const { child, ended } = begin(["tail", ...args], { cwd: folder(t), env: own });
  t.after(() => child.kill("SIGKILL"));
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].on("data", (data) => (texts[name] += data));
  const until = (name) => (pattern) => eventually(`it prints ${pattern}`, () => pattern.exec(texts[name]) ?? undefined);
  return { child, ended, shows: until("stdout"), says: until("stderr") };
}

test("prints a line a change, over a restart, until Ctrl-C", async (t) => {
  const { child, ended, shows, says } = follow(t, [vault.url], { API_TOKEN });
  await says(/^Following http.+ …\n$/);
  await vault.deliver(acquired("t1", 1), { reference: "order-1", query: "?app=flux" });
  await shows(/^\d{4}-\S+Z {2}t1 \(order-1\) {2}acquired {3}none {5}0 files {2}flux\n/);
  await vault.restart();
  await vault.deliver(told("failed", "t1", 2), { reference: "order-1" });
  await says(/The connection has broken; connecting again …\nConnected again\.\n$/);
  await shows(/ {2}t1 \(order-1\) {2}failed /);
  await vault.deliver(acquired("t2", 1));
  await fetch(`${vault.url}/jobs/t2`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
  vault.unwatch("t2");
  await shows(/ {2}t2 {10} {2}deleted\n/);
  child.kill("SIGINT");
  const { code, err } = await ended;
  assert.deepEqual([code, err.split("\n").at(-2)], [130, "Interrupted."]);
});

test("prints JSON, and all jobs where changes were missed", async (t) => {
  for (const id of ["r1", "r2"]) await vault.deliver(told("failed", id, 1), { query: "?tag=%1b%5b31m" });
  await eventually("they are in the list", async () => (await vault.json("/jobs?q=r")).jobs.length === 2 || undefined);
  const { child, ended, shows, says } = follow(t, ["--json", "--after", "999999999"]);
  await shows(/"type":"current"/);
  await says(/Changes were missed: all jobs follow/);
  await vault.deliver(told("failed", "r3", 1));
  await shows(/"id":"r3"/);
  child.kill("SIGTERM");
  const { code, out } = await ended;
  assert.equal(code, 130);
  assert.doesNotMatch(out.replaceAll("\n", ""), /\p{Cc}/u);
  const changes = out.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(changes[0].type, "reset");
  const current = changes.findIndex(({ type }) => type === "current");
  for (const id of ["r1", "r2"]) assert.ok(changes.slice(0, current).some(({ job }) => job?.id === id), id);
  assert.ok(changes.at(-1).seq && changes.at(-1).job.id === "r3");
  const next = follow(t, ["--json", "--after", changes[current].seq]);
  const first = JSON.parse((await next.shows(/^.*\n/))[0]);
  assert.equal(first.job.id, "r3");
});

test("ends quietly when nobody reads on", async (t) => {
  const { child, ended, says } = follow(t);
  await says(/Following/);
  child.stdout.destroy();
  await vault.deliver(told("failed", "p1", 1));
  assert.equal((await ended).code, 0);
});

test("says why it can't begin", async (t) => {
  const deaf = await listen(createServer((_, response) => response.writeHead(426).end()));
  const deafer = await listen(createServer().on("connection", (socket) => socket.destroy()));
  t.after(() => stopAll(deaf, deafer));
  for (const [args, more, code, says] of [
    [[], { API_TOKEN: "wrong-token-0123456789" }, 1, /^401 wrong-token: /],
    [["http://127.0.0.1:1"], {}, 1, /^hookvault does not answer: .+\.\n$/],
    [[deafer.url], {}, 1, /^hookvault does not answer: the connection was closed\.\n$/],
    [[deaf.url], {}, 1, /^hookvault can be reached, but not by WebSocket\.\n$/],
    [["http://localhost:1", "--url", "http://localhost:2"], {}, 2, /Which vault\? The argument is http:\/\/localhost:1, and --url/],
  ]) {
    const end = await hookvault(["tail", ...args], { cwd: folder(t), env: { ...env, ...more } });
    assert.deepEqual([end.code, end.out], [code, ""], end.err);
    assert.match(end.err, says);
  }
});
