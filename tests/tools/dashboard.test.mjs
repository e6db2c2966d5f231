// The parts of the dashboard without a look, tested without a browser.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { query, Refusal } from "../../dashboard/lib/api.js";
import { matches, toQuery } from "../../dashboard/lib/filter.js";
import { age, bytes, clock, duration } from "../../dashboard/lib/format.js";
import { Jobs } from "../../dashboard/lib/jobs.js";
import { member, pretty } from "../../dashboard/lib/json.js";
import { isPreview, kindOf, local } from "../../dashboard/lib/media.js";
import { href, readRoute } from "../../dashboard/lib/route.js";

const job = (id, createdAt, more = {}) => ({ id, createdAt, updatedAt: createdAt, ref: null, app: null, tags: [],
  status: "acquired", archive: "none", queueName: "free", files: [], ...more });

/** Makes an API that has these pages, one after the other. */
function paged(...pages) {
  const asked = [];
  const api = { asked, json: async (path) => {
    asked.push(path);
    return pages[asked.length - 1];
  } };
  return api;
}

const ids = (jobs) => jobs.list.map(({ id }) => id);
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("JSON", () => {
  const text = ' {"a" :[ ],"b":{},"c":[1.10,-2e400,196619188014358660,true,null,"x\\"}],:é"],"a":{"d":"\\u00e9"}} ';

  test("is shown as it was written, except white space", () => {
    const shown = pretty(text).map((part) => part.text).join("");
    assert.equal(shown.replaceAll(/\s/g, ""), text.replaceAll(/\s/g, ""));
    assert.equal(shown.split("\n").length, 15);
    assert.deepEqual(JSON.parse(shown.replace("-2e400", "0")), JSON.parse(text.replace("-2e400", "0")));
    const names = pretty(text).filter(({ kind }) => kind === "name").map((part) => part.text);
    assert.deepEqual(names, ['"a"', '"b"', '"c"', '"a"', '"d"']);
  });

  test("has members that are cut out without parsing", () => {
    assert.equal(member(text, "c"), '[1.10,-2e400,196619188014358660,true,null,"x\\"}],:é"]');
    assert.equal(member(text, "a"), "[ ]");
    assert.equal(member(text, "b"), "{}");
    assert.equal(member(text, "d"), undefined);
    assert.equal(member('{"x":"a","result":"result"}', "result"), '"result"');
  });

  test("that is invalid stays whole", () => {
    for (const odd of ["", "</script>", '{"a', "a b\nc", '"', "}}]]", "{]", "\\", '{"a":}']) {
      const shown = pretty(odd).map((part) => part.text).join("");
      assert.equal(shown.replaceAll(/\s/g, ""), odd.replaceAll(/\s/g, ""), odd);
      member(odd, "a");
    }
  });
});

describe("the wall's jobs", () => {
  test("are in their order, each once, in its newest state", async () => {
    const api = paged({ jobs: [job("c", 30), job("b", 20)], cursor: "x" }, { jobs: [job("b", 20), job("a", 10)], cursor: null });
    const jobs = new Jobs(api, {}, 0);
    jobs.take({ job: job("b", 20, { updatedAt: 99, status: "failed" }) });
    await jobs.load();
    await Promise.all([jobs.more(), jobs.more()]);
    assert.deepEqual(api.asked, ["/jobs?limit=100", "/jobs?limit=100&cursor=x"]);
    assert.deepEqual(ids(jobs), ["c", "b", "a"]);
    assert.equal(jobs.list[1].status, "failed");
    assert.ok(jobs.isWhole && jobs.more() === undefined);
    jobs.take({ job: job("d", 25) });
    jobs.take({ deleted: "a" });
    await settle();
    assert.deepEqual(ids(jobs), ["c", "d", "b"]);
  });

  test("do not come back when they were deleted", async () => {
    const jobs = new Jobs(paged({ jobs: [job("b", 20), job("a", 10)], cursor: null }), {}, 0);
    const loading = jobs.load();
    jobs.take({ deleted: "b" });
    await loading;
    assert.deepEqual(ids(jobs), ["a"]);
  });

  test("wait for their page when they are older than the loaded ones", async () => {
    const jobs = new Jobs(paged({ jobs: [job("c", 30)], cursor: "x" }), {}, 0);
    await jobs.load();
    jobs.take({ job: job("a", 10, { updatedAt: 99 }) });
    await settle();
    assert.deepEqual(ids(jobs), ["c"]);
  });

  test("leave when the filter no longer matches, and accept a new name", async () => {
    const page = { jobs: [job("ref:x", 30, { ref: "x" }), job("b", 20)], cursor: null };
    const jobs = new Jobs(paged(page), { status: "acquired" }, 0);
    await jobs.load();
    jobs.take({ job: job("437852", 30, { ref: "x", updatedAt: 31 }) });
    jobs.take({ job: job("b", 20, { status: "failed", updatedAt: 21 }) });
    await settle();
    assert.deepEqual(ids(jobs), ["437852"]);
  });

  test("are held back while the reader is further down", async () => {
    const jobs = new Jobs(paged({ jobs: [job("b", 20)], cursor: null }), {}, 0);
    await jobs.load();
    jobs.hold(true);
    jobs.take({ job: job("c", 30) });
    jobs.take({ job: job("b", 20, { status: "failed", updatedAt: 21 }) });
    await settle();
    assert.deepEqual([ids(jobs), jobs.held, jobs.list[0].status], [["b"], 1, "failed"]);
    jobs.hold(false);
    assert.deepEqual([ids(jobs), jobs.held], [["c", "b"], 0]);
  });

  test("that a reloaded page no longer has are gone", async () => {
    const jobs = new Jobs(paged({ jobs: [job("c", 30), job("b", 20)], cursor: "x" }, { jobs: [job("a", 10)], cursor: null },
      { jobs: [job("d", 40), job("b", 20)], cursor: "y" }), {}, 0);
    await jobs.load();
    await jobs.more();
    await jobs.load();
    assert.deepEqual(ids(jobs), ["d", "b", "a"]);
  });

  test("that could not be loaded are asked for again", async () => {
    const api = { json: () => Promise.reject(new Refusal(0, "No answer", "gone")) };
    const jobs = new Jobs(api, {}, 0);
    await jobs.load();
    assert.equal(jobs.error.message, "gone");
    api.json = async () => ({ jobs: [job("a", 10)], cursor: null });
    await jobs.load();
    assert.deepEqual([jobs.error, ids(jobs)], [null, ["a"]]);
  });
});

test("a filter matches like the listing", () => {
  const one = job("437852", 1_000, { ref: "order-7", app: "flux", tags: ["draft"], status: "failed", archive: "lost" });
  const yes = [{}, { status: "failed,retried" }, { archive: "lost" }, { queue: "free" }, { app: "flux" }, { tag: "draft" },
    { q: "4378" }, { q: "order-" }, { q: "ref:order" }, { since: "1000" }, { since: "1970-01-01T00:00:01Z" }, { until: 1_001 }];
  const no = [{ status: "queued" }, { archive: "stored" }, { queue: "fre" }, { app: "flu" }, { tag: "dra" }, { q: "378" },
    { q: "rder" }, { since: "1001" }, { until: "1000" }, { tag: "draft", status: "queued" }];
  for (const filter of yes) assert.ok(matches(filter, one), JSON.stringify(filter));
  for (const filter of no) assert.ok(!matches(filter, one), JSON.stringify(filter));
  assert.deepEqual(toQuery({ range: "1h", tag: "x" }, 3_600_007), { tag: "x", since: 7 });
  assert.equal(query({ a: "", b: null, c: "é&", d: 0 }), "?c=%C3%A9%26&d=0");
});

test("the address says where the page is, and no more", () => {
  assert.deepEqual(readRoute("#/jobs/ref%3Ao%2F7?ticket=a%2Bb"), { page: "jobs", parts: ["ref:o/7"], params: { ticket: "a+b" } });
  assert.deepEqual(readRoute(""), { page: "wall", parts: [], params: {} });
  assert.deepEqual(readRoute("#/jobs/%E9"), { page: "jobs", parts: ["%E9"], params: {} });
  assert.equal(href("", { status: "failed,queued", tag: "", q: "a b" }), "#/?status=failed,queued&q=a+b");
});

test("only media is shown, and only from this origin", () => {
  const kinds = { "image/png": "image", "video/mp4; codecs=x": "video", "audio/wav": "audio", "image/svg+xml": "other",
    "IMAGE/SVG+XML": "other", "text/html": "other", "application/xhtml+xml": "other" };
  for (const [contentType, kind] of Object.entries(kinds)) assert.equal(kindOf({ contentType }), kind, contentType);
  assert.equal(kindOf({ contentType: null, url: "https://v/files/1/n/0-a.svg" }), "other");
  assert.equal(kindOf({ contentType: null, name: "a.MP4" }), "video");
  assert.equal(local("https://cdn.example/files/1/n/0-a.png"), "/files/1/n/0-a.png");
  for (const odd of ["javascript:alert(1)", "https://a/other", "data:image/png,x", "//a/files/1"]) {
    assert.equal(local(odd), null, odd);
  }
  assert.ok(isPreview({ pointers: ["/previews/0/url"] }) && isPreview({ url: "https://v/files/1/n/3-preview_002.jpg" }));
  assert.ok(!isPreview({ pointers: ["/video"], url: "x/3-preview_002.jpg" }));
  assert.ok(!isPreview({ url: "https://v/files/1/n/0-review_1.mp4" }));
});

test("numbers are written for people", () => {
  const sizes = [null, 0, 1_023, 1_536, 5 * 1024 ** 3].map(bytes);
  assert.deepEqual(sizes, ["–", "0 B", "1023 B", "1.5 KiB", "5.0 GiB"]);
  assert.deepEqual([duration(0), duration(7), duration(7_200_000), duration(90_061_000)], ["0 s", "7 ms", "2 h", "1 d 1 h"]);
  assert.deepEqual([age(400), age(61_000), age(90_000_000)], ["now", "1 min", "1 d"]);
  assert.deepEqual([clock(-5), clock(500), clock(65_000), clock(3_661_000)], ["0:00", "0:01", "1:05", "1:01:01"]);
});
