// `hookvault export` and `hookvault import`: nothing twice, nothing lost, whatever breaks.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { told } from "../../runtime/support/deliveries.mjs";
import { front } from "../../runtime/support/servers/front.mjs";
import { listen } from "../../runtime/support/servers/listen.mjs";
import { startUpstream } from "../../runtime/support/servers/upstream.mjs";
import { stopAll } from "../../runtime/support/stop.mjs";
import { API_TOKEN, READ_TOKEN, startVault } from "../../runtime/support/vault.mjs";
import { eventually } from "../../runtime/support/wait.mjs";
import { begin, folder, hookvault } from "./support.mjs";

const SEED = "196619188014358660";
const MANY = 40;

let upstream, vault, env;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 4_096 } });
  vault = await startVault({ sources: upstream.sources, vars: { ...upstream.vars, READ_TOKEN } });
  env = { HOOKVAULT_URL: vault.url, API_TOKEN };
  for (let n = 0; n < MANY; n += 1) {
    await vault.deliver(told("failed", `x${n}`, 1, { error: `${n}${"y".repeat(20_000)}` }), { query: n % 10 ? "" : "?tag=tenth" });
  }
  await vault.deliver(`{"eventType":"completed",\r\n "jobId":"pretty", "seed":${SEED}}`);
  await eventually("all are listed", async () => (await vault.json("/stats")).jobs === MANY + 1 || undefined);
});
after(() => stopAll(vault, upstream));

const ids = (text) => text.trimEnd().split("\n").map((line) => JSON.parse(line).id);
const whole = async () => (await vault.get("/export")).text();

/** Starts a server that answers the n-th request with the n-th function, and the rest with the last one. */
async function scripted(t, ...answers) {
  const seen = [];
  const server = await listen(createServer((request, response) => {
    const body = [];
    request.on("data", (data) => body.push(data)).on("end", () => {
      seen.push({ url: request.url, body: Buffer.concat(body).toString() });
      answers[Math.min(seen.length, answers.length) - 1](response, request);
    });
  }));
  t.after(server.stop);
  return { seen, env: { HOOKVAULT_URL: server.url, API_TOKEN } };
}

/** Sends a text and then cuts the connection. */
const cut = (text) => (response) => response.write(text, () => setTimeout(() => response.destroy(), 20));
const all = (text) => (response) => response.end(text);
const line = (n, createdAt = n) => `${JSON.stringify({ id: `j${n}`, createdAt })}\n`;
const cursors = ({ seen }) => seen.map(({ url }) => new URL(url, "http://x").searchParams.get("cursor"));

describe("export", () => {
  test("writes each record as it is, to the output or to a file", async (t) => {
    const cwd = folder(t);
    const { code, out, err } = await hookvault(["export"], { cwd, env });
    assert.deepEqual([code, out], [0, await whole()]);
    assert.match(err, /^41 jobs, [\d.]+ KiB exported\.\n$/);
    assert.ok(out.includes(`"seed":${SEED}`));
    writeFileSync(join(cwd, "jobs.ndjson"), "old");
    writeFileSync(join(cwd, "jobs.ndjson.part"), "of a run that was killed");
    assert.equal((await hookvault(["export", "--output", "jobs.ndjson"], { cwd, env })).code, 0);
    assert.equal(readFileSync(join(cwd, "jobs.ndjson"), "utf8"), out);
    assert.equal(statSync(join(cwd, "jobs.ndjson")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(cwd), ["jobs.ndjson"]);
  });

  test("selects jobs, and goes on behind a cursor", async (t) => {
    const cwd = folder(t);
    const select = async (...args) => (await hookvault(["export", ...args], { cwd, env })).out;
    assert.deepEqual(ids(await select("--tag", "tenth")), ["x0", "x10", "x20", "x30"]);
    assert.equal(await select("--since", "2099-01-01"), "");
    const records = (await whole()).trimEnd().split("\n");
    const { createdAt, id } = JSON.parse(records[20]);
    assert.equal(await select("--cursor", `${createdAt}:${id}`), records.slice(21).map((record) => `${record}\n`).join(""));
    for (const [args, code, says] of [
      [["--since", "soon"], 1, /^400 bad-parameter: .*since/],
      [["--format", "csv"], 2, /ndjson, aria2/],
      [["--output", "."], 2, /^\. is not a file that can be replaced\.\n$/],
      [["--output", "/dev/null"], 2, /is not a file/],
      [["--output", "none/jobs"], 2, /none\/jobs can't be written: ENOENT/],
    ]) {
      const end = await hookvault(["export", ...args], { cwd, env });
      assert.deepEqual([end.code, end.out], [code, ""], end.err);
      assert.match(end.err, says);
    }
  });

  test("lists every file for aria2c", async (t) => {
    const cwd = folder(t);
    const { out } = await hookvault(["submit", "flux-schnell", "--input", "{}", "--wait", "--json"], { cwd, env });
    vault.watch(JSON.parse(out).id);
    await eventually("the file is listed", async () => (await vault.json("/stats")).files.stored === 1 || undefined);
    const list = await hookvault(["export", "--format", "aria2"], { cwd, env });
    assert.equal(list.out, await (await vault.get("/export?format=aria2")).text());
    assert.match(list.err, /^1 file, /);
  });

  test("goes on over breaks, with each line once", async (t) => {
    const cwd = folder(t);
    const half = `{"id":"j9","createdAt":4,"result":`;
    const broken = (cursor) => `{"brokeOff":{"cursor":"${cursor}"}}\n`;
    const server = await scripted(t,
      cut(line(1) + line(2) + line(3, 2) + half),
      // The cursor's job is deleted, so the jobs of its millisecond come again.
      all(line(2) + line(3, 2) + line(4) + broken("7:j7")),
      // A record that is cut by the end; the cursor of a former release would leave the record out.
      all(`${line(8)}${half}${broken("9:j9")}`),
      all(`${half}\n${broken("8:j8")}`),
      all(line(9).slice(0, -1)),
      all(line(9) + line(10)));
    const { code, out, err } = await hookvault(["export"], { cwd, env: server.env });
    assert.deepEqual([code, ids(out)], [0, ["j1", "j2", "j3", "j4", "j8", "j9", "j10"]], err);
    assert.deepEqual(cursors(server), [null, "2:j3", "7:j7", "8:j8", "8:j8", "8:j8"]);
  });

  test("goes on behind what hookvault has sent before a cut", async (t) => {
    const relay = (bytes) => async (response, { url }) => {
      const sent = Buffer.from(await (await vault.get(url)).arrayBuffer()).subarray(0, bytes);
      response.write(sent, () => setTimeout(() => (bytes ? response.destroy() : response.end()), 20));
    };
    const server = await scripted(t, relay(100_001), relay(10), relay(300_000), relay());
    const { code, out, err } = await hookvault(["export"], { cwd: folder(t), env: server.env });
    assert.deepEqual([code, out === (await whole()), server.seen.length], [0, true, 4], err);
  });

  test("goes on with a download list too", async (t) => {
    const file = (n) => `http://v/files/${n}\n  out=${n}/a.png\n  checksum=md5=${n}\n`;
    const server = await scripted(t, cut(`${file(1)}${file(2)}http://v/files/3\n  out=3`),
      all(`${file(1)}${file(2)}${file(3)}# broke off; go on with cursor "7:ref:a \\"b"\n`), all(file(4)));
    const { code, out, err } = await hookvault(["export", "--format", "aria2"], { cwd: folder(t), env: server.env });
    assert.deepEqual([code, out], [0, [1, 2, 3, 4].map(file).join("")], err);
    assert.deepEqual(cursors(server), [null, null, `7:ref:a "b`]);
    assert.match(err, /^4 files, /);
  });

  test("that can't go on names its cursor, and leaves no file", async (t) => {
    const cwd = folder(t);
    const answers = [all(`${line(1)}{"brokeOff":{"cursor":"1:j1"}}\n`), (response) => response.destroy()];
    const [dead, endless] = [await scripted(t, ...answers), await scripted(t, answers[0])];
    const [printed, saved] = await Promise.all([hookvault(["export"], { cwd, env: dead.env }), hookvault(["export", "--output", "jobs"], { cwd, env: endless.env })]);
    assert.deepEqual([printed.code, printed.out, saved.code, saved.out], [1, line(1), 1, ""]);
    assert.match(printed.err, /Go on later with: --cursor 1:j1\nThe export broke off, and can't go on now\. hookvault does not answer: the connection was closed\.\n$/);
    assert.match(saved.err, /The export broke off, and can't go on now\. hookvault ends each answer early\.\n$/);
    assert.doesNotMatch(saved.err, /--cursor/);
    assert.deepEqual(readdirSync(cwd), []);
    const goingOn = await scripted(t, all(""));
    assert.equal((await hookvault(["export", "--cursor", "1:j1"], { cwd, env: goingOn.env })).code, 0);
    assert.deepEqual(cursors(goingOn), ["1:j1"]);
  });

  test("that is interrupted or killed leaves no file, and a link is not followed", async (t) => {
    const cwd = folder(t);
    const server = await scripted(t, (response) => response.write(line(1)));
    for (const [name, code] of [["SIGINT", 130], ["SIGTERM", 130], ["SIGKILL", "SIGKILL"]]) {
      const { child, ended } = begin(["export", "--output", "jobs"], { cwd, env: server.env });
      const before = server.seen.length;
      await eventually("it has begun", () => server.seen.length > before || undefined);
      child.kill(name);
      assert.equal((await ended).code, code);
      assert.ok(!existsSync(join(cwd, "jobs")));
      assert.equal(existsSync(join(cwd, "jobs.part")), name === "SIGKILL");
    }
    writeFileSync(join(cwd, "precious"), "mine");
    symlinkSync("precious", join(cwd, "jobs"));
    assert.equal((await hookvault(["export", "--output", "jobs"], { cwd, env })).code, 0);
    assert.equal(readFileSync(join(cwd, "precious"), "utf8"), "mine");
    assert.deepEqual(readdirSync(cwd).sort(), ["jobs", "precious"]);
  });

  test("ends quietly when nobody reads on", async (t) => {
    const { child, ended } = begin(["export"], { cwd: folder(t), env });
    child.stdout.once("data", () => child.stdout.destroy());
    assert.deepEqual([(await ended).code, (await ended).err], [0, ""]);
  });
});

describe("import", () => {
  test("sends parts, and reports refused lines by their numbers in the file", async (t) => {
    const cwd = folder(t);
    const jobs = Array.from({ length: 2_100 }, (_, n) => `{"id":"i${n}","app":"flux-schnell"}`);
    jobs.splice(5, 1, "", `{"app":"no-id"}`);
    jobs.splice(1_500, 1, "no json \u001b[2J\u009b");
    writeFileSync(join(cwd, "jobs.ndjson"), jobs.join("\r\n"));
    const bodies = [];
    const counting = await listen(createServer((request, response) => {
      let text = "";
      request.on("data", (data) => (text += data)).on("end", () => {
        const rows = text.trimEnd().split("\n");
        bodies.push(rows.length);
        const wrong = rows.findIndex((row) => !/^\{"id"/.test(row));
        if (wrong < 0) return response.end(JSON.stringify({ imported: rows.length, known: 0, deleted: [], failed: [] }));
        response.writeHead(400).end(JSON.stringify({ status: 400, code: "bad-body", detail: `line ${wrong + 1}: wrong \u001b[2J` }));
      });
    }));
    t.after(counting.stop);
    const { code, out, err } = await hookvault(["import", "jobs.ndjson"], { cwd, env: { HOOKVAULT_URL: counting.url, API_TOKEN } });
    assert.deepEqual([code, out], [1, "2098 imported, 0 known already, 2 refused\n"], err);
    assert.equal(err, "jobs.ndjson, line 7: wrong  [2J\njobs.ndjson, line 1501: wrong  [2J\n");
    assert.deepEqual(bodies, [1_000, 999, 1_000, 999, 100]);
  });

  test("works against hookvault, also twice and from the standard input", async (t) => {
    const cwd = folder(t);
    const submitted = await (await fetch(`${upstream.url}/queue/flux-schnell`,
      { method: "POST", headers: { authorization: "Bearer dev-upstream-key" }, body: "{}" })).json();
    const input = `${JSON.stringify({ ...submitted, tags: ["old"] })}\n{"id":"ref:"}\n{"id":${SEED},"app":"flux-schnell"}\n`;
    const first = await hookvault(["import", "-", "--json"], { cwd, env, input });
    assert.equal(first.code, 1, first.err);
    const [refused, counts] = first.out.trimEnd().split("\n").map((text) => JSON.parse(text));
    assert.deepEqual([refused.line, /ref:/.test(refused.reason), counts], [2, true, { imported: 2, known: 0, refused: 1 }]);
    vault.watch(submitted.request_id);
    await vault.settled(submitted.request_id);
    assert.equal((await vault.job(SEED)).id, SEED, "its number is exact");
    await fetch(`${vault.url}/jobs/${SEED}`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
    const again = await hookvault(["import", "-"], { cwd, env, input });
    assert.equal(again.out, "0 imported, 1 known already, 2 refused\n");
    assert.match(again.err, /^-, line 2: .*\n-, line 3: the job was deleted here/);
  });

  test("takes what export wrote", async (t) => {
    const cwd = folder(t);
    const other = await startVault({ sources: upstream.sources, vars: upstream.vars });
    t.after(() => {
      other.leaveWork();
      return other.stop();
    });
    const long = { id: "long", version: 1, files: [], app: "flux-schnell", ref: `gw-${"0".repeat(32)}`, result: "x".repeat(3_000_000) };
    await hookvault(["export", "--output", "jobs"], { cwd, env });
    writeFileSync(join(cwd, "jobs"), `${readFileSync(join(cwd, "jobs"), "utf8")}${JSON.stringify(long)}\n`);
    const { code, out, err } = await hookvault(["import", "jobs"], { cwd, env: { HOOKVAULT_URL: other.url, API_TOKEN } });
    assert.equal(code, 0, err);
    assert.match(out, /^4\d imported, 0 known already, 0 refused\n$/);
    assert.deepEqual((await other.job("x10")).tags, ["tenth"]);
    assert.equal((await other.job("long")).ref, null);
  });

  test("sends jobs again that hookvault could not take, and over a broken connection", async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, "jobs"), `{"id":"k1"}\n{"id":2}\n`);
    const answer = (told) => all(JSON.stringify({ imported: 0, known: 0, deleted: [], failed: [], ...told }));
    const server = await scripted(t, answer({ imported: 1, failed: ["2"] }), answer({ failed: ["2"] }), answer({ imported: 1 }));
    const well = await hookvault(["import", "jobs"], { cwd, env: server.env });
    assert.deepEqual([well.code, well.out], [0, "2 imported, 0 known already, 0 refused\n"], well.err);
    assert.deepEqual(server.seen.map(({ body }) => body), [`{"id":"k1"}\n{"id":2}\n`, `{"id":2}\n`, `{"id":2}\n`]);
    const never = await scripted(t, answer({ failed: ["2"] }));
    const failed = await hookvault(["import", "jobs", "--json"], { cwd, env: never.env });
    assert.equal(failed.code, 1);
    assert.match(failed.out, /^\{"line":2,"id":"2","reason":"hookvault could not take it now/);
    const door = await front(vault.url, { only: "POST /jobs" });
    t.after(door.stop);
    door.breakNext();
    writeFileSync(join(cwd, "one"), `{"id":"x1"}`);
    const { out } = await hookvault(["import", "one"], { cwd, env: { ...env, HOOKVAULT_URL: door.url } });
    assert.deepEqual([out, door.broken()], ["0 imported, 1 known already, 0 refused\n", 1]);
  });

  test("gives up on what is no list of jobs, and says how far it came", async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, "text"), "no job\n".repeat(500));
    const { code, err } = await hookvault(["import", "text"], { cwd, env });
    assert.equal(code, 1);
    assert.match(err, /text, line 100: [^\n]+\nSo far: 0 imported, [^\n]+\nThe first 100 lines are refused, so the rest is not tried\.\n$/);
    assert.ok(!err.includes("line 101:"));
    const hanging = await scripted(t, () => {});
    const { child, ended } = begin(["import", "text"], { cwd, env: hanging.env });
    await eventually("it has begun", () => hanging.seen.length > 0 || undefined);
    child.kill("SIGINT");
    assert.match((await ended).err, /So far: .* up to line 0\. To go on, import the file again\.\nInterrupted\.\n$/);
    assert.equal((await ended).code, 130);
    for (const [args, more, code, says] of [
      [["none"], {}, 2, /^none can't be read: ENOENT/],
      [["."], {}, 2, /\. can't be read: EISDIR/],
      [["text"], { API_TOKEN: READ_TOKEN }, 1, /403 /],
    ]) {
      const end = await hookvault(["import", ...args], { cwd, env: { ...env, ...more } });
      assert.deepEqual([end.code, end.out], [code, ""], end.err);
      assert.match(end.err, says);
    }
  });
});
