// `hookvault jobs`: what it selects and shows, and what it says of errors.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { lively } from "../../../cli/transfer/lines.mjs";
import { acquired, told } from "../../runtime/support/deliveries.mjs";
import { listen } from "../../runtime/support/servers/listen.mjs";
import { stopAll } from "../../runtime/support/stop.mjs";
import { API_TOKEN, startVault } from "../../runtime/support/vault.mjs";
import { eventually } from "../../runtime/support/wait.mjs";
import { folder, hookvault } from "./support.mjs";

const MANY = 230;

let vault, env;
before(async () => {
  vault = await startVault();
  env = { HOOKVAULT_URL: vault.url, API_TOKEN };
  await vault.deliver(acquired("first", 1), { reference: "order-1", query: "?app=flux&tag=draft" });
  for (let n = 0; n < MANY; n += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, m) => vault.deliver(told("failed", `m${n + m}`, 1), { isOneOfMany: true })));
  }
  await eventually("all are listed", async () => (await vault.json("/stats")).jobs === MANY + 1 || undefined);
});
after(() => stopAll(vault));

test("each filter selects jobs", async (t) => {
  const cwd = folder(t);
  const found = async (...args) => {
    const { code, out, err } = await hookvault(["jobs", "--json", ...args], { cwd, env });
    assert.equal(code, 0, err);
    return out.split("\n").slice(0, -1).map((line) => JSON.parse(line).id);
  };
  for (const args of [["--status", "acquired,queued"], ["--app", "flux"], ["--tag", "draft"], ["--queue", "free"], ["--name", "order-"],
    ["--archive", "none", "--name", "fir"], ["--since", "2020-01-01", "--tag", "draft"]]) {
    assert.deepEqual(await found(...args), ["first"], args.join(" "));
  }
  assert.deepEqual(await found("--until", "2020-01-01"), []);
  assert.equal((await found()).length, 50);
  assert.equal((await found("--limit", "201")).length, 201);
  assert.equal(new Set(await found("--limit", "all")).size, MANY + 1);
});

test("is a table for people, and says when it is empty", async (t) => {
  const cwd = folder(t);
  const table = await hookvault(["jobs", "--tag", "draft"], { cwd, env });
  assert.match(table.out, /^ID +STATUS +FILES +CREATED +APP\nfirst \(order-1\) {2}acquired {2}none {3}\S+Z {2}flux\n$/);
  for (const args of [["--tag", "none"], ["--tag", "none", "--json"]]) {
    assert.deepEqual(await hookvault(["jobs", ...args], { cwd, env }), { code: 0, out: "", err: "No job is found.\n" });
  }
});

test("shows what hookvault says of a wrong filter, and what else can be wrong", async (t) => {
  const cwd = folder(t);
  const seen = [];
  const answering = await listen(createServer(({ headers, url }, response) => {
    seen.push(headers.authorization);
    if (url.startsWith("/jobs")) response.end("<html>\u001b[2J");
    else response.end("{}");
  }));
  const leading = await listen(createServer((_, response) => response.writeHead(307, { location: `${answering.url}/elsewhere` }).end()));
  t.after(() => stopAll(answering, leading));
  for (const [args, more, code, says] of [
    [["--status", "done"], {}, 1, /^400 bad-parameter: `status` is "done"; it can be queued, acquired, completed/],
    [["--since", "soon"], {}, 1, /^400 bad-parameter: `since` is "soon"/],
    [["--name", "a b"], {}, 1, /^400 bad-parameter: `q`/],
    [["--limit", "-1"], {}, 2, /--limit is "-1": a whole number/],
    [[], { HOOKVAULT_URL: answering.url }, 1, /^The answer is not hookvault's\. Check the URL\. \([^\u001b]+\)\n$/],
    [[], { API_TOKEN: "secret\nsecret" }, 2, /^The token has a blank/],
  ]) {
    const end = await hookvault(["jobs", ...args], { cwd, env: { ...env, ...more } });
    assert.deepEqual([end.code, end.out], [code, ""], end.err);
    assert.match(end.err, says);
    assert.ok(!end.err.includes("secret"), end.err);
  }
  seen.length = 0;
  await hookvault(["jobs"], { cwd, env: { ...env, HOOKVAULT_URL: leading.url } });
  assert.deepEqual(seen, [undefined], "a redirect takes no token with it");
});

test("a job has a name", async (t) => {
  const { code, err } = await hookvault(["job", ""], { cwd: folder(t), env });
  assert.deepEqual([code, err], [2, "Which job? Give its id, or ref: and your reference.\n"]);
});

test("a silent stream is dead", async () => {
  const chunks = lively((async function* silent() {
    yield 1;
    await new Promise(() => {});
  })(), 50);
  assert.equal((await chunks.next()).value, 1);
  await assert.rejects(chunks.next(), { name: "TimeoutError", message: "Nothing came for 0.05 s." });
});
