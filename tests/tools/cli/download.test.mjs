// `hookvault download` from the built Worker: 200 files, interrupted and resumed, and no byte of a file twice.
import assert from "node:assert/strict";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { file, md5, noise } from "../../runtime/support/servers/origin.mjs";
import { stopAll } from "../../runtime/support/stop.mjs";
import { API_TOKEN } from "../../runtime/support/vault.mjs";
import { startServed, steady } from "../../runtime/support/vaults/served.mjs";
import { startCounting } from "./download/counting.mjs";
import { beginDownload } from "./download/run.mjs";
import { folder } from "./support.mjs";

const [JOBS, FILES] = [20, 10];
/** One file of each job is large enough to be interrupted in the middle. */
const sizeOf = (job, n) => (n === 0 ? 1_000_000 + job : 20_000 + 997 * job + n);
const COUNT = JOBS * FILES;
const TOTAL = Array.from({ length: COUNT }, (_, at) => sizeOf(Math.floor(at / FILES), at % FILES)).reduce((sum, size) => sum + size, 0);
/** The most that the buffers of this machine's sockets, and of the proxy, hold for a connection. */
const IN_FLIGHT = 8 * 2 ** 20;
const PARALLEL = 4;

const pathOf = (job, n) => `/out/${job}/${n}/clip.mp4`;
/** The MD5 of each file, by its path. */
const sums = new Map();

let origin, vault, proxy;
before(async () => {
  proxy = await startCounting(() => vault.url);
  ({ origin, vault } = await startServed({ change: await steady(), vars: { PUBLIC_URL: proxy.url } }));
  for (let job = 0; job < JOBS; job += 1) {
    const paths = Array.from({ length: FILES }, (_, n) => pathOf(job, n));
    for (const [n, path] of paths.entries()) {
      // Each block is another, so that no part of a file is like another part.
      const bytes = noise(sizeOf(job, n), path);
      sums.set(path, md5(bytes));
      origin.on(path, file(bytes, { "content-type": "video/mp4", etag: sums.get(path) }));
    }
    await vault.deliver({ eventType: "completed", jobId: `job-${job}`, videos: paths.map((path) => ({ url: origin.url + path })) }, { query: "?app=clips&tag=all" });
  }
  for (let job = 0; job < JOBS; job += 1) assert.equal((await vault.settled(`job-${job}`)).archive, "stored");
});
after(() => stopAll(proxy, vault, origin));

const start = (cwd, args = []) => beginDownload(["--to", "out", "--parallel", String(PARALLEL), ...args], { cwd, env: { HOOKVAULT_URL: proxy.url, API_TOKEN } });

/** Returns how many bytes of each file a folder has: `{ [job/n]: { length, isDone } }`. */
function state(cwd) {
  const top = join(cwd, "out");
  const found = {};
  for (const job of readdirSync(top)) {
    for (const name of readdirSync(join(top, job))) {
      const [, n] = /^\.?(\d+)-/.exec(name);
      found[`${job}/${n}`] = { length: lstatSync(join(top, job, name)).size, isDone: !name.startsWith(".") };
    }
  }
  return found;
}

function assertWhole(cwd) {
  for (let job = 0; job < JOBS; job += 1) {
    const names = readdirSync(join(cwd, "out", `job-${job}`));
    assert.equal(names.length, FILES, names.join());
    for (let n = 0; n < FILES; n += 1) {
      const path = pathOf(job, n);
      assert.equal(md5(readFileSync(join(cwd, "out", `job-${job}`, `${n}-clip.mp4`))), sums.get(path), path);
    }
  }
}

const keyOf = ({ path }) => /^\/files\/([^/]+)\/[^/]+\/(\d+)/.exec(path).slice(1).join("/");

/**
 * Interrupts downloads into one folder, each after a random number of bytes, then lets one finish. Each run may ask only
 * for bytes that were not on the disk when it began.
 */
async function interrupted(t, signal, times) {
  const cwd = folder(t);
  const [sentBefore, log] = [proxy.sent(), []];
  let lost = 0;
  for (let turn = 0; ; turn += 1) {
    const had = turn === 0 ? {} : state(cwd);
    const from = proxy.requests.length;
    const { child, ended } = start(cwd);
    const isLast = turn === times;
    const share = Math.round((TOTAL / (times + 1)) * (0.2 + 0.8 * Math.random()));
    if (!isLast) void proxy.after(share).then(() => child.kill(signal));
    const { code, out, err } = await ended;
    assert.equal(code, isLast ? 0 : signal === "SIGINT" ? 130 : signal, out + err);
    if (code === 130) assert.match(err, /Run the same command again: it goes on where it stopped\.\nInterrupted\.\n$/);
    await proxy.idle();
    const now = state(cwd);
    const asked = proxy.requests.slice(from);
    assert.equal(new Set(asked.map(keyOf)).size, asked.length, "a file is asked for once in a run");
    for (const request of asked) {
      const { length = 0, isDone } = had[keyOf(request)] ?? {};
      assert.equal(isDone ?? false, false, `${request.path} was there already`);
      assert.equal(request.from, length, `${request.path} goes on where it stopped`);
      lost += request.from + request.sent - (now[keyOf(request)]?.length ?? 0);
    }
    log.push(`${asked.length} files asked for, ${Object.values(now).filter(({ isDone }) => isDone).length} done`);
    if (!isLast) continue;
    assert.match(out, new RegExp(`^${asked.length + Object.entries(had).filter(([key, { isDone }]) => !isDone && !asked.some((one) => keyOf(one) === key)).length} files downloaded .*[^]*${COUNT} verified by MD5\n$`));
    break;
  }
  const sent = proxy.sent() - sentBefore;
  t.diagnostic(`${signal}: ${log.join("; ")}; ${sent} bytes sent for ${TOTAL}, ${lost} of them in flight at ${times} interruptions`);
  assert.equal(sent, TOTAL + lost);
  assert.ok(lost <= times * PARALLEL * IN_FLIGHT);
  assertWhole(cwd);
}

describe("200 files", { timeout: 600_000 }, () => {
  test("are stored, verified and not fetched again", async (t) => {
    const cwd = folder(t);
    const from = proxy.sent();
    const begun = performance.now();
    const { code, out, err } = await start(cwd, ["--app", "clips"]).ended;
    assert.deepEqual([code, err], [0, ""]);
    t.diagnostic(`${COUNT} files, ${TOTAL} bytes: ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
    assert.match(out, new RegExp(`^${COUNT} files downloaded .*, 0 already there, in .*/out\n${COUNT} verified by MD5\n$`));
    assert.equal(proxy.sent() - from, TOTAL);
    assertWhole(cwd);
    const again = await start(cwd, ["--json", "--tag", "all", "--parallel", "32"]).ended;
    const rows = again.out.trim().split("\n").map((row) => JSON.parse(row));
    assert.deepEqual([rows.length, new Set(rows.map(({ state: how, verified }) => `${how} ${verified}`))], [COUNT, new Set(["present md5"])]);
    assert.deepEqual(rows.find(({ job, n }) => job === "job-3" && n === 0), { job: "job-3", n: 0, path: join(cwd, "out", "job-3", "0-clip.mp4"), state: "present",
      size: sizeOf(3, 0), verified: "md5", error: null });
    assert.equal(again.err, `0 files downloaded (0 B in this run), ${COUNT} already there, in ${join(cwd, "out")}\n${COUNT} verified by MD5\n`);
    assert.equal(proxy.sent() - from, TOTAL);
  });

  test("are interrupted by Ctrl-C and resumed without a byte twice", (t) => interrupted(t, "SIGINT", 5));

  test("are interrupted by kill -9 and resumed without a byte twice", (t) => interrupted(t, "SIGKILL", 5));

  test("are stored although the Worker restarts in between", async (t) => {
    const cwd = folder(t);
    const from = proxy.requests.length;
    const { ended } = start(cwd, ["--retries", "20"]);
    await Promise.race([proxy.after(TOTAL / 3), ended.then(({ err }) => assert.fail(`it ended before the restart: ${err}`))]);
    await vault.restart();
    const { code, out, err } = await ended;
    assert.deepEqual([code, err], [0, ""], out);
    const asked = Map.groupBy(proxy.requests.slice(from).filter(({ sent }) => sent > 0), keyOf);
    for (const requests of asked.values()) {
      for (const [at, request] of requests.entries()) {
        const former = requests[at - 1];
        if (former) assert.ok(request.from > former.from || former.sent <= IN_FLIGHT, "it goes on");
      }
    }
    assertWhole(cwd);
  });
});

describe("a download", () => {
  test("of named jobs stores these alone", async (t) => {
    const cwd = folder(t);
    const { code } = await beginDownload(["job-1", "job-2"], { cwd, env: { HOOKVAULT_URL: vault.url, API_TOKEN } }).ended;
    assert.deepEqual([code, readdirSync(join(cwd, "hookvault-files")).sort()], [0, ["job-1", "job-2"]]);
  });

  test("whose reader goes away ends, and the next one goes on", async (t) => {
    const cwd = folder(t);
    const { child, ended } = start(cwd, ["--json"]);
    child.stdout.destroy();
    assert.deepEqual(await ended, { code: 0, out: "", err: "" });
    assert.equal((await start(cwd).ended).code, 0);
    assertWhole(cwd);
  });

  test("keeps little in memory, however large a file is", async (t) => {
    const path = "/out/large.bin";
    const large = noise(32, "large");
    const size = 96 * 2 ** 20;
    origin.on(path, (response) => {
      response.writeHead(200, { "content-type": "video/mp4", "content-length": size });
      let left = size;
      const more = () => {
        while (left > 0) {
          const piece = Buffer.alloc(Math.min(left, 65_536), large);
          left -= piece.length;
          if (!response.write(piece)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    await vault.deliver({ eventType: "completed", jobId: "large", video: { url: origin.url + path } });
    await vault.settled("large");
    const cwd = folder(t);
    const { child, ended } = beginDownload(["large"], { cwd, env: { HOOKVAULT_URL: vault.url, API_TOKEN } });
    let peak = 0;
    const timer = setInterval(() => {
      try {
        peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0));
      } catch {
        // The process has ended.
      }
    }, 10);
    const { code, out, err } = await ended.finally(() => clearInterval(timer));
    assert.equal(code, 0, out + err);
    assert.match(out, /1 verified by MD5/);
    t.diagnostic(`a file of ${size / 2 ** 20} MiB: at most ${Math.round(peak / 1_024)} MiB of memory`);
    assert.ok(peak < 160 * 1_024, `${peak} KiB`);
  });
});
