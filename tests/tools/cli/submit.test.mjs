// `hookvault submit` and `hookvault job`, against the built Worker and the simulator.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { acquired, completed, told } from "../../runtime/support/deliveries.mjs";
import { front } from "../../runtime/support/servers/front.mjs";
import { listen } from "../../runtime/support/servers/listen.mjs";
import { presigned } from "../../runtime/support/servers/source.mjs";
import { startUpstream } from "../../runtime/support/servers/upstream.mjs";
import { stopAll } from "../../runtime/support/stop.mjs";
import { API_TOKEN, startVault } from "../../runtime/support/vault.mjs";
import { eventually } from "../../runtime/support/wait.mjs";
import { begin, folder, hookvault } from "./support.mjs";

const APP = "flux-schnell";
const SEED = "196619188014358660";

let upstream, vault, env;
before(async () => {
  upstream = await startUpstream({ knobs: { size: 4_096 } });
  vault = await startVault({ sources: upstream.sources, vars: upstream.vars });
  env = { HOOKVAULT_URL: vault.url, API_TOKEN };
});
after(() => stopAll(vault, upstream));

const ended = (code, { out, err, ...rest }) => assert.deepEqual(rest, { code }, out + err);

describe("submit", () => {
  test("prints the job's id and its file's link, also as JSON", async (t) => {
    const cwd = folder(t);
    const person = await hookvault(["submit", APP, "--input", `{"prompt":"x"}`], { cwd, env });
    ended(0, person);
    const [, id, url] = /^job +(\S+)\nfile +(\S+)\n$/.exec(person.out);
    vault.watch(id);
    assert.ok(url.startsWith(`${vault.url}/files/`), url);
    const program = await hookvault(["submit", APP, "--input", "-", "--json"], { cwd, env, input: `{"prompt":"y"}` });
    ended(0, program);
    const told = JSON.parse(program.out);
    assert.deepEqual(Object.keys(told), ["id", "fileUrl"]);
    vault.watch(told.id);
    await Promise.all([id, told.id].map((one) => vault.settled(one)));
  });

  test("sends the input as it is, also from a file, and waits for the files", async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, "input.json"), `\ufeff{"prompt":"x",\n "seed":${SEED}}`);
    const { out, err, code } = await hookvault(["submit", APP, "--input", "@input.json", "--wait", "--json"], { cwd, env });
    assert.equal(code, 0, err);
    assert.ok(out.includes(`"seed":${SEED}`) || out.includes(`"seed": ${SEED}`), out);
    assert.equal(out.split("\n").length, 2, "one line");
    const { id, archive } = JSON.parse(out);
    assert.equal(archive, "stored");
    vault.watch(id);
    const person = await hookvault(["job", id], { cwd, env });
    ended(0, person);
    for (const says of [/^status +completed$/m, /^archive +stored$/m, /^file +http.+\n +stored, image\/png, \d\.\d KiB$/m]) assert.match(person.out, says);
    assert.equal((await hookvault(["job", id, "--json"], { cwd, env })).out, out, "the record, byte for byte");
  });

  test("says where the input is wrong", async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, "wrong.json"), `{\n "prompt": "x",\n}`);
    for (const [input, says] of [
      ["{\"a\":x}", /^--input is not JSON\. line 1, column 6: a value should be here, not "x}"\.\n$/],
      ["@wrong.json", /^wrong\.json is not JSON\. line 3, column 1: a name in quotes/],
      ["@none.json", /can't be read: .*none\.json/],
      ["[1]", /--input must be a JSON object, such as \{"prompt"/],
      ["-", /^The standard input is not JSON\. line 1, column 1: a value should be here, not the end/],
    ]) {
      const { code, out, err } = await hookvault(["submit", APP, "--input", input], { cwd, env });
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, says);
    }
    for (const args of [["submit", APP], ["submit", APP, "--input", "{}", "--timeout", "soon"]]) {
      assert.equal((await hookvault(args, { cwd, env })).code, 2);
    }
  });

  test("with a key is one job, also after a broken connection", async (t) => {
    const door = await front(vault.url, { only: "POST /queue/" });
    t.after(door.stop);
    const counted = async () => (await (await fetch(`${upstream.url}/_sim/jobs`)).json()).jobs.length;
    const before = await counted();
    door.breakNext();
    const behind = { cwd: folder(t), env: { ...env, HOOKVAULT_URL: door.url } };
    const { code, out, err } = await hookvault(["submit", APP, "--input", "{}", "--json"], behind);
    assert.deepEqual([code, err, door.broken()], [0, "", 1]);
    const key = ["submit", APP, "--input", "{}", "--json", "--idempotency-key", "order-7"];
    const ids = [out, ...(await Promise.all([hookvault(key, behind), hookvault(key, behind)])).map((end) => end.out)].map((text) => JSON.parse(text).id);
    assert.equal(ids[1], ids[2]);
    assert.equal(await counted(), before + 2);
    for (const id of ids) vault.watch(id);
    door.breakNext({ times: 3 });
    const lost = await hookvault(["submit", APP, "--input", `{"prompt":"lost"}`], behind);
    assert.equal(lost.code, 1);
    const [, again] = /as the same job, add: --idempotency-key (\S+)\n/.exec(lost.err);
    const found = await hookvault(["submit", APP, "--input", `{"prompt":"lost"}`, "--idempotency-key", again, "--wait"], behind);
    ended(0, found);
    assert.equal(await counted(), before + 3);
    vault.watch(/Job (\S+) is submitted/.exec(found.err)[1]);
  });

  test("ends with 1 if the job fails or has not all files, and shows why", async (t) => {
    const cwd = folder(t);
    const failed = await hookvault(["submit", APP, "--input", `{"_sim":{"outcome":"failed"}}`, "--wait"], { cwd, env });
    assert.equal(failed.code, 1);
    assert.match(failed.out, /^status +failed$[^]*^error +CUDA out of memory$/m);
    await vault.deliver(completed(`${upstream.s3.url}/gone.mp4${presigned("20200101T000000Z")}`, "gone"));
    await vault.deliver(completed("https://elsewhere.example/a.mp4", "elsewhere"));
    for (const [id, says] of [["gone", /^archive +lost$[^]*^ +lost: .+/m], ["elsewhere", /^archive +partial$[^]*ALLOWED_SOURCE_HOSTS lacks elsewhere\.example$/m]]) {
      const { code, out } = await hookvault(["job", id, "--wait"], { cwd, env });
      assert.equal(code, 1, out);
      assert.match(out, says);
      assert.equal((await hookvault(["job", id], { cwd, env })).code, 0, "to look at it is no failure");
    }
  });

  test("lets the job go on when it is interrupted, or waits long enough", async (t) => {
    const cwd = folder(t);
    const input = JSON.stringify({ _sim: { runMs: 2_000 } });
    const late = await hookvault(["submit", APP, "--input", input, "--wait", "--timeout", "0.2"], { cwd, env });
    assert.equal(late.code, 1);
    const [, id] = /^Job (\S+) is submitted\.\nThe job goes on .*: \S.* job \1 --wait\nThe job has not ended within 0\.2 s\.\n$/.exec(late.err);
    const { child, ended } = begin(["submit", APP, "--input", input, "--wait"], { cwd, env });
    let said = "";
    child.stderr.on("data", (data) => (said += data));
    await eventually("it is submitted", () => /is submitted/.test(said) || undefined);
    child.kill("SIGINT");
    const { code, out, err } = await ended;
    assert.deepEqual([code, out], [130, ""]);
    assert.match(err, /The job goes on .* job \S+ --wait\nInterrupted\.\n$/);
    for (const one of [id, /Job (\S+) is/.exec(err)[1]]) {
      const waited = await hookvault(["job", one, "--wait"], { cwd, env });
      assert.deepEqual([waited.code, waited.err], [0, ""]);
      vault.watch(one);
    }
  });

  test("waits on while hookvault restarts, but not at a wrong address", async (t) => {
    const record = { ...(await vault.job("gone")), id: "7", status: "completed", archive: "stored" };
    let asked = 0;
    const restarting = await listen(createServer((request, response) => {
      if (request.method === "POST") return response.writeHead(200, { "x-hookvault-job": "7" }).end("{}");
      asked += 1;
      // The client asks three times by itself.
      return asked <= 4 ? response.destroy() : response.end(JSON.stringify(record));
    }));
    t.after(restarting.stop);
    const own = { cwd: folder(t), env: { ...env, HOOKVAULT_URL: restarting.url } };
    const { code, out, err } = await hookvault(["submit", APP, "--input", "{}", "--wait"], own);
    assert.deepEqual([code, err], [0, "Job 7 is submitted.\nhookvault does not answer; asking again …\n"], out);
    asked = 0;
    const wrong = await hookvault(["job", "7", "--wait"], own);
    assert.deepEqual([wrong.code, wrong.err, asked], [1, "hookvault does not answer: the connection was closed.\n", 3]);
  });

  test("shows the errors of hookvault and of the queue", async (t) => {
    const cwd = folder(t);
    for (const [args, more, code, says] of [
      [["submit", APP, "--input", "{}", "--idempotency-key", "x".repeat(300)], {}, 1, /^4\d\d .*\n$/],
      [["submit", APP, "--input", "{}"], { API_TOKEN: "wrong-token-0123456789" }, 1, /^401 wrong-token: /],
      [["job", "unknown-1"], {}, 1, /^404 no-such-job: /],
      [["job", "unknown-1", "--wait", "--timeout", "0.1"], {}, 1, /^404 no-such-job: /],
    ]) {
      const end = await hookvault(args, { cwd, env: { ...env, ...more } });
      assert.deepEqual([end.code, end.out], [code, ""], end.err);
      assert.match(end.err, says);
    }
  });
});

describe("job", () => {
  test("is found by its reference, and its timeline has exact numbers", async (t) => {
    const cwd = folder(t);
    await vault.deliver(acquired("e1", 1), { reference: "order:1" });
    await vault.deliver(`{"eventType":"completed","jobId":"e1","seed":${SEED},"cost":1.10}`, { reference: "order:1" });
    const json = await hookvault(["job", "ref:order:1", "--events", "--json"], { cwd, env });
    ended(0, json);
    const lines = json.out.trim().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).eventType), ["acquired", "completed"]);
    assert.ok(lines[1].includes(`"seed":${SEED},"cost":1.10`), lines[1]);
    const live = await hookvault(["job", "ref:order:1", "--events", "--wait"], { cwd, env });
    ended(0, live);
    assert.match(live.out, /^ +1 +\S+Z +acquired +applied[^]*\n +2 +\S+Z +completed +applied/);
  });

  test("keeps a terminal safe from what a sender wrote", async (t) => {
    const cwd = folder(t);
    const evil = "\u001b[2J\u009b31m\r\nfake line\u202e\u0000";
    await vault.deliver(told("failed", "evil", 1, { error: { message: evil } }), { query: `?tag=${encodeURIComponent(evil)}&app=${encodeURIComponent(evil)}` });
    for (const args of [["job", "evil"], ["job", "evil", "--json"], ["job", "evil", "--events"], ["job", "evil", "--events", "--json"],
      ["jobs", "--name", "evil"], ["jobs", "--name", "evil", "--json"]]) {
      const { code, out, err } = await hookvault(args, { cwd, env });
      assert.deepEqual([code, err], [0, ""]);
      assert.doesNotMatch(out.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u, args.join(" "));
      assert.doesNotMatch(out, /^fake/m);
      if (args.at(-1) === "--json" && args[0] === "job") assert.ok(out.includes("\\u009b"), "JSON has the same text");
    }
  });

  test("ends quietly when nobody reads on", async (t) => {
    const { url, stop } = await listen(createServer((_, response) => response.end(JSON.stringify({ status: "failed", archive: "none", pad: "x".repeat(1_000_000) }))));
    t.after(stop);
    const { child, ended } = begin(["job", "1", "--json"], { cwd: folder(t), env: { HOOKVAULT_URL: url, API_TOKEN } });
    child.stdout.once("data", () => child.stdout.destroy());
    const { code, err } = await ended;
    assert.deepEqual([code, err], [0, ""]);
  });
});
