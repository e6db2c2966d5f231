// Conditions of requests for stored files (RFC 9110 §13), and what they cost: reads of the bucket.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { problem } from "../support/answers.mjs";
import { BYTES, ETAG, SIZE } from "../support/samples/stored.mjs";
import { file, md5 } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { withEntry } from "../support/vaults/entry.mjs";
import { startServed } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

const RANGE = "bytes=10-19";
const PART = BYTES.subarray(10, 20);

describe("a stored file", () => {
  let origin, vault;
  let url;
  let modified;
  let ends = 0;
  before(async () => {
    ({ origin, vault } = await startServed({ change: withEntry("reads") }));
    origin.on("/0.mp4", file(BYTES));
    await vault.deliver({ eventType: "completed", jobId: "known", url: `${origin.url}/0.mp4` });
    url = (await vault.settled("known")).files[0].url;
    modified = Date.parse((await fetch(url, { method: "HEAD" })).headers.get("last-modified"));
    await reads();
  });
  after(() => stopAll(vault, origin));

  /** Returns a time `seconds` after the file was stored, in today's form of an HTTP date. */
  const date = (seconds) => new Date(modified + seconds * 1_000).toUTCString();
  const DAYS = ["Sun", "Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur"];
  const older = {
    rfc850: () => {
      const [, day, month, year, time] = date(0).split(" ");
      return `${DAYS[new Date(modified).getUTCDay()]}day, ${day}-${month}-${year.slice(2)} ${time} GMT`;
    },
    asctime: () => {
      const [weekday, day, month, year, time] = date(0).split(" ");
      return `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
    },
  };

  async function ask(headers, { method = "GET", link = url } = {}) {
    const response = await fetch(link, { method, headers });
    const body = Buffer.from(await response.clone().arrayBuffer());
    return { response, body, status: response.status, reads: await reads() };
  }

  /**
   * Returns the number of reads of the file since the last call. The log is in order, so the read of a file that does
   * not exist marks its end.
   */
  async function reads() {
    const end = `0-end-${(ends += 1)}`;
    await fetch(url.replace("0-0.mp4", end), { method: "HEAD" });
    const isEnd = ({ message }) => message.endsWith(end);
    await eventually("the log is complete", () => vault.logs.some(isEnd) || undefined);
    const told = vault.logs.splice(0, vault.logs.findIndex(isEnd) + 1);
    return told.filter(({ message }) => /^bucket \w+ jobs\/known\/0-0\.mp4$/.test(message)).length;
  }

  /** Headers, the status, and the reads that it may cost. A function is called when the date is known. */
  const cases = [
    [{}, 200, 1],
    [{ range: RANGE }, 206, 1],
    [{ range: `bytes=${SIZE}-` }, 416, 2],
    [{ range: "bytes=-0" }, 416, 1],
    [{ "if-match": ETAG }, 200, 1],
    [{ "if-match": "*" }, 200, 1],
    [{ "if-match": `"other", ${ETAG}` }, 200, 1],
    [{ "if-match": '"other"' }, 412, 1],
    [{ "if-match": `W/${ETAG}` }, 412, 1],
    [{ "if-match": md5(BYTES) }, 412, 1],
    [{ "if-match": '"other"', "range": RANGE }, 412, 1],
    [{ "if-match": ETAG, "range": RANGE }, 206, 1],
    [{ "if-none-match": ETAG }, 304, 1],
    [{ "if-none-match": "*" }, 304, 1],
    [{ "if-none-match": `"a,b", W/${ETAG}` }, 304, 1],
    [{ "if-none-match": '"other"' }, 200, 1],
    [{ "if-none-match": md5(BYTES) }, 200, 1],
    [{ "if-none-match": `"x,${ETAG},y"` }, 200, 1],
    [{ "if-none-match": ETAG, "range": RANGE }, 304, 1],
    [{ "if-none-match": '"other"', "range": RANGE }, 206, 1],
    [{ "if-none-match": ETAG, "range": `bytes=${SIZE}-` }, 304, 2],
    [{ "if-modified-since": () => date(0) }, 304, 1],
    [{ "if-modified-since": () => date(3_600) }, 304, 1],
    [{ "if-modified-since": () => date(-1) }, 200, 1],
    [{ "if-modified-since": older.rfc850 }, 304, 1],
    [{ "if-modified-since": older.asctime }, 304, 1],
    [{ "if-modified-since": "yesterday" }, 200, 1],
    [{ "if-modified-since": () => date(0), "range": RANGE }, 304, 1],
    [{ "if-unmodified-since": () => date(0) }, 200, 1],
    [{ "if-unmodified-since": () => date(-1) }, 412, 1],
    [{ "if-unmodified-since": "0" }, 200, 1],
    [{ "if-unmodified-since": () => date(-1), "range": RANGE }, 412, 1],
    // A tag decides alone; If-Match comes before If-None-Match.
    [{ "if-match": ETAG, "if-unmodified-since": () => date(-1) }, 200, 1],
    [{ "if-match": '"other"', "if-unmodified-since": () => date(0) }, 412, 1],
    [{ "if-none-match": '"other"', "if-modified-since": () => date(0) }, 200, 1],
    [{ "if-none-match": ETAG, "if-modified-since": () => date(-1) }, 304, 1],
    [{ "if-match": '"other"', "if-none-match": ETAG }, 412, 1],
    [{ "if-match": ETAG, "if-none-match": ETAG }, 304, 1],
    [{ "if-range": ETAG, "range": RANGE }, 206, 1],
    [{ "if-range": () => date(0), "range": RANGE }, 206, 1],
    [{ "if-range": older.asctime, "range": RANGE }, 206, 1],
    [{ "if-range": () => date(1), "range": RANGE }, 200, 2],
    [{ "if-range": () => date(-1), "range": RANGE }, 200, 2],
    [{ "if-range": '"other"', "range": RANGE }, 200, 2],
    [{ "if-range": `W/${ETAG}`, "range": RANGE }, 200, 2],
    [{ "if-range": `${ETAG}, "other"`, "range": RANGE }, 200, 2],
    [{ "if-range": '"other"' }, 200, 1],
    [{ "if-range": '"other"', "range": `bytes=${SIZE}-` }, 200, 3],
    [{ "if-range": ETAG, "range": `bytes=${SIZE}-` }, 416, 2],
    [{ "if-range": '"other"', "range": RANGE, "if-none-match": ETAG }, 304, 1],
  ];
  for (const [given, status, reads] of cases) {
    const shown = Object.entries(given).map(([name, value]) => `${name}: ${value}`).join("; ");
    test(`${shown.replaceAll(md5(BYTES), "etag") || "no condition"}: ${status}`, async () => {
      const headers = Object.fromEntries(Object.entries(given)
        .map(([name, value]) => [name, typeof value === "function" ? value() : value]));
      const got = await ask(headers);
      assert.deepEqual([got.status, got.reads], [status, reads]);
      if (status === 200) assert.ok(got.body.equals(BYTES));
      if (status === 206) assert.ok(got.body.equals(PART));
      if (status === 412) await problem(got.response, 412);
      if (status < 400) {
        assert.equal(got.response.headers.get("etag"), ETAG);
        assert.equal(got.response.headers.get("last-modified"), date(0));
      }
      // A HEAD gets the same answer, except for ranges.
      const head = await ask(headers, { method: "HEAD" });
      const whole = [206, 416].includes(status) ? 200 : status;
      assert.deepEqual([head.status, head.reads, head.body.length], [whole, 1, 0]);
    });
  }

  test("304 repeats all headers that a cache needs", async () => {
    const told = async (headers) => {
      const { response } = await ask(headers);
      const { date: _, connection: _c, "keep-alive": _k, ...all } = Object.fromEntries(response.headers);
      return all;
    };
    const { "content-length": length, ...whole } = await told({});
    assert.deepEqual([await told({ "if-none-match": ETAG }), length], [whole, String(SIZE)]);
  });

  test("a short link costs a call of the job, and no more reads", async () => {
    const link = url.replace("0-0.mp4", "0");
    for (const [headers, want] of [[{}, 200], [{ range: RANGE }, 206], [{ "if-none-match": ETAG }, 304]]) {
      const { status, reads } = await ask(headers, { link });
      assert.deepEqual([status, reads], [want, 1]);
    }
  });
});
