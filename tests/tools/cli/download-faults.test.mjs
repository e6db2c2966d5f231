// `hookvault download` from a vault that is hostile or broken, onto a disk that is full or has links.
import assert from "node:assert/strict";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, linkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, test } from "node:test";
import { progressOf } from "../../../cli/download/bar.mjs";
import { partName } from "../../../cli/download/names.mjs";
import { Tally } from "../../../cli/download/tally.mjs";
import { noise } from "../../runtime/support/servers/origin.mjs";
import { md5, problem, startFake } from "./download/fake.mjs";
import { beginDownload } from "./download/run.mjs";
import { folder } from "./support.mjs";

const BYTES = noise(200_000, "download");
const FILES = "hookvault-files";

/** Starts a vault with these jobs, and returns `{ fake, cwd, run }`. */
async function stage(t, jobs) {
  const fake = await startFake(t, jobs);
  const cwd = folder(t);
  const run = (args = [], env = {}) => beginDownload(args, { cwd, env: { HOOKVAULT_URL: fake.url, API_TOKEN: "secret-token", ...env } }).ended;
  return { fake, cwd, run };
}

/** Returns all paths below a folder. */
const below = (path) => readdirSync(path, { recursive: true }).sort();
const one = (bytes = BYTES, more = {}) => ({ 7: [{ name: "a.mp4", bytes, ...more }] });
const half = (response) => {
  response.writeHead(200, { etag: `"${md5(BYTES)}"`, "content-length": BYTES.length });
  response.write(BYTES.subarray(0, 100_000), () => response.destroy());
};

describe("a hostile vault", () => {
  test("gets nothing written outside of the folder", async (t) => {
    const names = ["../../evil", "/etc/evil", "..", "CON", "a\u202egpj.exe", "\u001b]0;evil\u0007.mp4", "a/../../b", `${"x".repeat(300)}.mp4`, "..\\evil"];
    const { cwd, run } = await stage(t, {
      "../../up": [{ name: "a.mp4", bytes: BYTES }],
      "ref:x": names.map((name) => ({ name, bytes: BYTES })),
      "/abs": [{ n: 0, name: "same", bytes: BYTES }, { n: 0, name: "SAME", bytes: BYTES.subarray(1) }],
      ".x": [{ name: ".hidden", bytes: BYTES }],
    });
    const { code, out, err } = await run();
    assert.deepEqual([code, err], [0, ""], out);
    assert.deepEqual(readdirSync(cwd), [FILES]);
    const folders = readdirSync(join(cwd, FILES));
    assert.equal(folders.length, 4);
    const found = below(join(cwd, FILES)).filter((path) => lstatSync(join(cwd, FILES, path)).isFile());
    assert.equal(found.length, names.length + 4);
    for (const path of found) assert.match(path, /^[^./][^/]*\/\d-[^/]+$/);
    assert.ok(!/[\u001b\u202e\u0007]/.test(found.join() + out + err));
    assert.match((await run()).out, /0 files downloaded .* 13 already there/);
  });

  test("that names no record, no URL or another size is reported, and the other files are stored", async (t) => {
    const { fake, cwd, run } = await stage(t, { 1: [{ bytes: BYTES }], 2: [{ bytes: BYTES, url: "file:///etc/passwd" }], 3: [{ bytes: BYTES, size: 5 }], 4: [{ bytes: BYTES, size: 900_000 }],
      5: [{ bytes: BYTES, n: "../x" }], 6: [{ bytes: BYTES, etag: "a\r\nx: y", size: "many" }] });
    fake.on("/jobs/1", (response) => void response.end("[]"));
    const { code, out, err } = await run(["--retries", "0"]);
    assert.equal(code, 1);
    assert.match(out, /1 file downloaded .*[^]*0 verified by MD5, 1 only by size/);
    assert.match(err, /^5 failed:\n {2}1: the answer is not a job's record\n/m);
    for (const line of ["2: its link is not a URL: file:///etc/passwd", "3/0-a.mp4: hookvault sends more or less than the 5 bytes", "4/0-a.mp4: hookvault sends more or less", "5: the answer is not"]) {
      assert.ok(err.includes(`  ${line}`), err);
    }
    assert.equal(md5(readFileSync(join(cwd, FILES, "6", "0-a.mp4"))), md5(BYTES));
  });

  test("gets the token in no request for a file, and no redirect is followed", async (t) => {
    const other = await startFake(t, one());
    const { fake, run } = await stage(t, { 7: [{ bytes: BYTES, url: `${other.url}/files/7/x/0` }], 8: [{ bytes: BYTES }] });
    fake.on("/files/8/x/0", (response) => void response.writeHead(302, { location: other.url }).end());
    const { code, err } = await run();
    assert.equal(code, 1);
    assert.match(err, /1 failed:\n {2}8\/0-a\.mp4: the link leads elsewhere \(302\), and no redirect is followed/);
    assert.deepEqual(other.requests.map(({ path, headers }) => [path, headers.authorization]), [["/files/7/x/0", undefined]]);
  });
});

describe("a broken connection", () => {
  test("is followed by a request for the rest", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    fake.on("/files/7/x/0", half, (response) => response.destroy());
    assert.equal((await run()).code, 0);
    assert.deepEqual(fake.fetched().map(([, range]) => range), [undefined, "bytes=100000-", "bytes=100000-"]);
    assert.deepEqual(fake.requests.flatMap(({ headers }) => headers["if-range"] ?? []), Array(2).fill(`"${md5(BYTES)}"`));
    assert.equal(md5(readFileSync(join(cwd, FILES, "7", "0-a.mp4"))), md5(BYTES));
  });

  test("that stays broken is an error, and the next run goes on", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    fake.on("/files/7/x/0", half);
    const { code, err } = await run(["--retries", "0"]);
    assert.deepEqual([code, /7\/0-a\.mp4: hookvault does not answer: the connection was closed/.test(err)], [1, true], err);
    const [, part] = below(join(cwd, FILES));
    assert.equal(part, join("7", partName("0-a.mp4", md5(BYTES))));
    const { out } = await run();
    assert.match(out, /1 file downloaded \(97\.7 KiB in this run\)[^]*1 verified by MD5/);
    assert.deepEqual(fake.fetched().map(([, range]) => range), [undefined, "bytes=100000-"]);
    assert.deepEqual(below(join(cwd, FILES)), ["7", join("7", "0-a.mp4")]);
  });

  test("of the list or a record is tried again too", async (t) => {
    const { fake, run } = await stage(t, one());
    fake.on("/jobs", (response) => response.destroy(), (response) => void response.writeHead(502).end("<html>"));
    fake.on("/jobs/7", (response) => void response.writeHead(429, { "retry-after": "1" }).end());
    const begun = Date.now();
    const { code, err } = await run();
    assert.deepEqual([code, err], [0, ""]);
    assert.ok(Date.now() - begun >= 990, "it waits as long as the answer says");
  });

  test("of the list, for good, leaves a clear message", async (t) => {
    const { fake, run } = await stage(t, one());
    fake.on("/jobs", ...Array(10).fill((response) => response.destroy()));
    const { code, err } = await run(["--retries", "0"]);
    assert.deepEqual([code, err], [1, "hookvault does not answer: the connection was closed.\n"]);
  });
});

describe("a busy vault", () => {
  for (const status of [429, 503]) {
    test(`that answers ${status} is asked again when it says`, async (t) => {
      const { fake, run } = await stage(t, one());
      fake.on("/files/7/x/0", (response) => problem(response, status, "not-ready", "later", { "retry-after": "1" }));
      const begun = Date.now();
      assert.equal((await run()).code, 0);
      assert.ok(Date.now() - begun >= 990);
    });
  }

  test("that says so for too long is reported", async (t) => {
    const { fake, run } = await stage(t, { ...one(), 8: [{ bytes: BYTES }] });
    fake.on("/files/7/x/0", (response) => problem(response, 503, "not-ready", "come back\u001b[2J later", { "retry-after": "9999" }));
    const { code, out, err } = await run();
    assert.equal(code, 1);
    assert.match(err, /1 failed:\n {2}7\/0-a\.mp4: 503 not-ready: come back \[2J later\n/);
    assert.match(out, /1 file downloaded/);
  });
});

describe("a file that changes", () => {
  test("between two runs is fetched from its start, and the old part is deleted", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    fake.on("/files/7/x/0", half);
    await run(["--retries", "0"]);
    const other = noise(150_000, "other");
    fake.jobs[7] = one(other)[7];
    assert.equal((await run()).code, 0);
    assert.deepEqual(fake.fetched().map(([, range]) => range), [undefined, undefined]);
    assert.deepEqual(below(join(cwd, FILES)), ["7", join("7", "0-a.mp4")]);
    assert.equal(md5(readFileSync(join(cwd, FILES, "7", "0-a.mp4"))), md5(other));
  });

  test("after its record was read is found through the record, read again", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    const other = noise(BYTES.length, "other");
    fake.on("/files/7/x/0", half, () => {
      fake.jobs[7] = one(other)[7];
      return true;
    });
    assert.equal((await run()).code, 0);
    assert.equal(md5(readFileSync(join(cwd, FILES, "7", "0-a.mp4"))), md5(other));
    assert.deepEqual(below(join(cwd, FILES)), ["7", join("7", "0-a.mp4")]);
  });

  test("its link is fetched under the new one, and what has come stays", async (t) => {
    const { fake, run } = await stage(t, one());
    fake.on("/files/7/x/0", half, (response) => {
      fake.jobs[7] = one(BYTES, { nonce: "y" })[7];
      problem(response, 410, "link-replaced", "the link was replaced");
    });
    assert.equal((await run()).code, 0);
    assert.deepEqual(fake.fetched(), [["/files/7/x/0", undefined], ["/files/7/x/0", "bytes=100000-"], ["/files/7/y/0", "bytes=100000-"]]);
    assert.deepEqual(fake.requests.filter(({ path }) => path === "/jobs/7").map(({ url }) => url), ["/jobs/7", "/jobs/7?wait=0"]);
  });

  test("on a server without ranges is fetched whole", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    fake.on("/files/7/x/0", half, (response) => void response.writeHead(200, { etag: `"${md5(BYTES)}"`, "content-length": BYTES.length }).end(BYTES));
    assert.equal((await run()).code, 0);
    assert.equal(md5(readFileSync(join(cwd, FILES, "7", "0-a.mp4"))), md5(BYTES));
  });
});

describe("a file that is gone", () => {
  test("is reported, with its job or alone, and the others are stored", async (t) => {
    const jobs = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`j${n}`, [{ bytes: BYTES }]]));
    const { fake, run } = await stage(t, { ...jobs, good: [{ bytes: BYTES }] });
    fake.on("/jobs/j0", (response) => problem(response, 410, "job-deleted", "the job has been deleted"));
    fake.on("/files/j1/x/0", (response) => {
      fake.jobs.j1 = [{ bytes: BYTES, state: "lost" }];
      problem(response, 410, "file-lost", "file 0 is lost");
    });
    for (let n = 2; n < 13; n += 1) fake.on(`/files/j${n}/x/0`, ...Array(3).fill((response) => problem(response, 404, "no-such-file", "the link leads to no file")));
    const { code, out, err } = await run();
    assert.equal(code, 1);
    assert.match(err, /^13 failed:\n/);
    assert.match(err, /j0: 410 job-deleted: the job has been deleted/);
    assert.match(err, /j1\/0-a\.mp4: it is no longer stored: it is lost/);
    assert.equal(err.match(/^ {2}j/gm).length, 10);
    assert.match(err, /\n {2}and 3 more\nRun the same command again/);
    assert.match(out, /1 file downloaded/);
  });
});

describe("the sum of a file", () => {
  const wrong = (response) => void response.writeHead(200, { "content-length": BYTES.length }).end(noise(BYTES.length, "wrong"));

  test("that is wrong once is followed by a second fetch", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    fake.on("/files/7/x/0", wrong);
    assert.match((await run()).out, /1 verified by MD5/);
    assert.equal(md5(readFileSync(join(cwd, FILES, "7", "0-a.mp4"))), md5(BYTES));
  });

  test("that is wrong twice is an error that names the file, and leaves no file", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    fake.on("/files/7/x/0", wrong, wrong);
    const { code, err } = await run();
    assert.equal(code, 1);
    assert.match(err, /7\/0-a\.mp4: the bytes are not those of the record, twice: their MD5 is not/);
    assert.deepEqual(below(join(cwd, FILES)), ["7"]);
    assert.equal(fake.fetched().length, 2);
  });

  test("is checked for a file that is there, and --quick takes its size for enough", async (t) => {
    const { fake, cwd, run } = await stage(t, one());
    const path = join(cwd, FILES, "7", "0-a.mp4");
    await run();
    writeFileSync(path, noise(BYTES.length, "edited"));
    assert.match((await run(["--quick"])).out, /0 files downloaded .* 1 already there[^]*0 verified by MD5, 1 only by size/);
    assert.equal(fake.fetched().length, 1);
    assert.match((await run()).out, /1 file downloaded/);
    assert.equal(md5(readFileSync(path)), md5(BYTES));
  });

  test("of several parts counts if it fits, else only the size does", async (t) => {
    const big = noise(6 * 2 ** 20, "parts");
    const parts = [big.subarray(0, 5 * 2 ** 20), big.subarray(5 * 2 ** 20)].map((part) => Buffer.from(md5(part), "hex"));
    const { run } = await stage(t, { fits: [{ bytes: big, etag: `${md5(Buffer.concat(parts))}-2` }], other: [{ bytes: big, etag: `${md5(big)}-2` }],
      none: [{ bytes: BYTES, etag: null }], odd: [{ bytes: BYTES, etag: "opaque" }] });
    for (let turn = 0; turn < 2; turn += 1) assert.match((await run()).out, /1 verified by MD5, 3 only by size/);
  });

  test("is that of the bytes as they are stored, compressed or not", async (t) => {
    const { cwd, run } = await stage(t, one(BYTES, { coding: "gzip" }));
    assert.match((await run()).out, /1 verified by MD5\n1 file compressed as the sender sent them/);
    assert.equal(md5(readFileSync(join(cwd, FILES, "7", "0-a.mp4"))), md5(BYTES));
  });
});

describe("a link on this computer", () => {
  test("in place of a job's folder, a file or an unfinished file is an error that names it", async (t) => {
    const jobs = Object.fromEntries(["dir", "file", "part", "hard", "pipe", "good"].map((id) => [id, [{ bytes: BYTES }]]));
    const { cwd, run } = await stage(t, jobs);
    const [outside, secret, top] = [join(cwd, "outside"), join(cwd, "secret"), join(cwd, FILES)];
    mkdirSync(outside);
    writeFileSync(secret, "precious");
    for (const id of ["file", "part", "hard", "pipe"]) mkdirSync(join(top, id), { recursive: true });
    symlinkSync(outside, join(top, "dir"));
    symlinkSync(secret, join(top, "file", "0-a.mp4"));
    symlinkSync(secret, join(top, "part", partName("0-a.mp4", md5(BYTES))));
    linkSync(secret, join(top, "hard", partName("0-a.mp4", md5(BYTES))));
    mkdirSync(join(top, "pipe", "0-a.mp4"));
    const { code, out, err } = await run();
    assert.equal(code, 1);
    for (const path of ["dir", "file/0-a.mp4"]) assert.ok(err.includes(`${join(top, path)} is a symbolic link, and none is followed here`), err);
    assert.match(err, /part\/0-a\.mp4: .*\.part is a symbolic link/);
    assert.match(err, /hard\/0-a\.mp4: .*\.part has another name elsewhere/);
    assert.match(err, /pipe\/0-a\.mp4: .* is not a file/);
    assert.match(out, /1 file downloaded/);
    assert.deepEqual([readFileSync(secret, "utf8"), readdirSync(outside)], ["precious", []]);
  });

  test("to the folder itself is followed", async (t) => {
    const { cwd, run } = await stage(t, one());
    mkdirSync(join(cwd, "disk"));
    symlinkSync("disk", join(cwd, "link"));
    assert.equal((await run(["--to", "link"])).code, 0);
    assert.ok(existsSync(join(cwd, "disk", "7", "0-a.mp4")));
  });
});

describe("a disk", () => {
  /** Makes a program's writes fail, as a disk does. */
  const failing = (cwd, code, least) => {
    const path = join(cwd, "failing.mjs");
    writeFileSync(path, `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { writeSync } = fs;
let written = 0;
fs.writeSync = (...given) => {
  if (given[0] > 2 && written + given[3] > ${least}) throw Object.assign(new Error("${code}: write"), { code: "${code}" });
  if (given[0] > 2) written += given[3];
  return writeSync(...given);
};
syncBuiltinESMExports();`);
    return { NODE_OPTIONS: `--import=${pathToFileURL(path)}` };
  };

  test("that is full is named, and the next run goes on from what was written", async (t) => {
    const { fake, cwd, run } = await stage(t, { big: [{ bytes: BYTES }], small: [{ bytes: BYTES.subarray(0, 10) }] });
    const { code, out, err } = await run(["--parallel", "1"], failing(cwd, "ENOSPC", 150_000));
    assert.equal(code, 1);
    assert.match(err, /^1 failed:\n {2}big\/0-a\.mp4: .*\.part: the disk is full\n/);
    assert.match(out, /1 file downloaded/);
    const part = join(cwd, FILES, "big", partName("0-a.mp4", md5(BYTES)));
    const { size } = lstatSync(part);
    assert.ok(size > 0 && size <= 150_000);
    assert.equal((await run()).code, 0);
    assert.equal(fake.fetched().at(-1)[1], `bytes=${size}-`);
    assert.equal(md5(readFileSync(join(cwd, FILES, "big", "0-a.mp4"))), md5(BYTES));
  });

  test("without permission is named", async (t) => {
    const { cwd, run } = await stage(t, one());
    assert.match((await run([], failing(cwd, "EACCES", 0))).err, /7\/0-a\.mp4: .*: there is no permission to write there/);
    writeFileSync(join(cwd, "file"), "");
    const { code, err } = await run(["--to", "file"]);
    assert.equal(code, 1);
    assert.match(err, /^file: EEXIST/);
    assert.match((await run(["--to", "file/x"])).err, /^file\/x: ENOTDIR/);
  });
});

test("a terminal shows a bar, a file a plain line", () => {
  const tally = Object.assign(new Tally(), { done: 5, known: 10, bytes: 2 ** 20, knownBytes: 2 ** 21, fetched: 2 ** 20 });
  let now = 0;
  const shown = progressOf(tally, { isTTY: true, columns: 200 }, () => now);
  assert.equal(shown(), "[############............] 5/10+ files  1.0 MiB of 2.0 MiB  0 B/s");
  Object.assign(tally, { done: 10, isListed: true, bytes: 2 ** 21, fetched: 2 ** 21 }).addFailure("7", "why");
  now = 500;
  assert.equal(shown(), "[########################] 10/10 files  2.0 MiB of 2.0 MiB  2.0 MiB/s  1 failed");
  assert.equal(progressOf(tally, { isTTY: false })(), "10/10 files  2.0 MiB of 2.0 MiB  0 B/s  1 failed");
  assert.equal(progressOf(tally, { isTTY: true, columns: 20 })().length, 19);
});

describe("what is not there", () => {
  test("is said, or counted", async (t) => {
    const { fake, cwd, run } = await stage(t, {});
    assert.deepEqual(await run(), { code: 0, out: "Nothing to download: no job with files matches.\n", err: "" });
    fake.jobs.p = Object.assign([{ state: "pending", size: null }, { state: "lost", size: null }, { state: "lost", size: null }], { skipped: [{}] });
    const { code, out } = await run();
    assert.deepEqual([code, out], [0, "not stored by hookvault, so not downloaded: 1 pending, 2 lost, 1 skipped\nNothing to download: no file of these jobs is stored.\n"]);
    assert.deepEqual(below(join(cwd, FILES)), []);
  });

  test("also a job that is named", async (t) => {
    const { run } = await stage(t, { 7: [{ bytes: Buffer.alloc(0) }] });
    const { code, out, err } = await run(["8", "7", "7", "--json"]);
    assert.equal(code, 1);
    const rows = out.trim().split("\n").map((row) => JSON.parse(row));
    assert.deepEqual(rows.map(({ job, n, state, size, verified }) => [job, n, state, size, verified]).sort(), [["7", 0, "downloaded", 0, "md5"], ["8", null, "failed", null, null]]);
    assert.match(err, /1 file downloaded[^]*1 failed:\n {2}8: 404 no-such-job/);
  });

  test("wrong flags end with 2", async (t) => {
    const { run } = await stage(t, {});
    for (const [args, says] of [[["--parallel", "33"], /--parallel is "33": a whole number from 1 to 32/], [["--parallel", "0"], /--parallel/], [["--retries", "x"], /--retries is "x"/],
      [["7", "--tag", "a"], /IDs or filters, not both/]]) {
      const { code, err } = await run(args);
      assert.equal(code, 2);
      assert.match(err, says);
    }
  });

  test("a wrong token is one error", async (t) => {
    const { fake, run } = await stage(t, one());
    fake.on("/jobs", (response) => problem(response, 401, "wrong-token", "the token is wrong"));
    assert.deepEqual(await run(), { code: 1, out: "", err: "401 wrong-token: the token is wrong\n" });
  });
});
