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
  for (const args of [["jobs"], ["job", "1", "--events"], ["submit", "flux", "--input", "{}"], ["export"], ["import", "-"], ["tail"], ["download", "--to", "d"]]) {
    const { code, err } = await hookvault(args, { cwd, env: { ...env, HOOKVAULT_URL: leading.url }, input: '{"id":"1","app":"flux"}\n' });
    assert.equal(code, 1, args[0]);
    assert.ok(err.includes(`307: the URL leads to ${answering.url}, and no redirect is followed.`), err);
  }
  assert.deepEqual(seen, [], "nothing is sent to where a redirect leads");
});

test("puts each answer of another server into words", async (t) => {
  const cwd = folder(t);
  const odd = { toString: 1, x: "\u001b[2J\u009b2J" };
  const record = { id: "1", ref: odd, status: odd, archive: 1, app: odd, tags: [odd], createdAt: "x", completedAt: 1e300, files: [{ n: odd, url: odd, error: odd }], skipped: [odd] };
  let answer;
  const other = await listen(createServer((_, response) => response.end(`${JSON.stringify(answer)}\n`)));
  t.after(() => stopAll(other));
  for (answer of [null, {}, { jobs: [null], files: [1], skipped: [], tags: [], events: [null], deleted: [odd], failed: 0, request_id: odd },
    { ...record, jobs: [record], events: [{ n: odd, receivedAt: "x", outcome: odd, detail: odd }], request_id: odd.x }]) {
    const ends = await Promise.all([["jobs"], ["job", "1"], ["job", "1", "--events"], ["submit", "flux", "--input", "{}"],
      ["submit", "flux", "--input", "{}", "--wait", "--timeout", "1"], ["export", "--output", "all"], ["import", "-"], ["tail"], ["download", "--to", "d"]]
      .map(async (args) => [args, await hookvault(args, { cwd, env: { ...env, HOOKVAULT_URL: other.url }, input: '{"id":"1","app":"flux"}\n' })]));
    for (const [args, { code, out, err }] of ends) {
      assert.ok([0, 1].includes(code), err);
      assert.doesNotMatch(err, /\n {4}at |undefined/, `${args} of ${JSON.stringify(answer)}`);
      assert.doesNotMatch(out + err, /[\u001b\u009b]/, `${args} of ${JSON.stringify(answer)}`);
      assert.notEqual(out, "job  undefined\n");
    }
  }
});

test("reads the beginning of an error that never ends", async (t) => {
  const endless = await listen(createServer((_, response) => {
    const more = () => { while (!response.destroyed && response.write("<html>".repeat(10_000))); };
    response.writeHead(404).on("drain", more);
    more();
  }));
  t.after(() => stopAll(endless));
  const { code, err } = await hookvault(["jobs"], { cwd: folder(t), env: { ...env, HOOKVAULT_URL: endless.url } });
  assert.equal(code, 1);
  assert.match(err, /^404: (<html>){80,90}/);
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
