// Bodies that are wrong in every way: never a failure, never lost, and the next one works.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { acquired, completed } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { startSourced } from "../support/vaults/served.mjs";

const DEPTH = 100_000;
const deep = (open, close) => open.repeat(DEPTH) + close.repeat(DEPTH);
const keys = (count) =>
  Array.from({ length: count }, (_, n) => `"key-${n}":${n}`).join(",");

describe("bad bodies", () => {
  let source, vault;
  before(async () => ({ source, vault } = await startSourced()));
  after(() => stopAll(vault, source));

  let good = 0;
  /** Checks that the next good delivery is accepted as usual. */
  async function worksOn() {
    const id = `good-${(good += 1)}`;
    const answer = await vault.deliver(acquired(id));
    assert.deepEqual(answer, { status: 200, id, eventType: "acquired", duplicate: false });
  }

  const noId = /have a job id/;
  const badId = /`jobId` is ".{0,60}"…?, which is not a job id/;
  const tooDeep = /nested deeper than 128 levels/;
  const unmatched = {
    "nothing": ["", /the body is empty/],
    "white space": [" \n", /not JSON/],
    "an array": ["[]", /not an object/],
    "null": ["null", /not an object/],
    "a text": ['"jobId"', /not an object/],
    "a number": ["437852", /not an object/],
    "half an object": ['{"jobId": 437852,', /not JSON/],
    "two objects": ['{"jobId":1}{"jobId":2}', /not JSON/],
    "a form": ["jobId=437852&eventType=completed", /a form without a JSON object/],
    "invalid UTF-8": [Buffer.from('{"jobId":"\xff\xfe"}', "latin1"), badId],
    "UTF-16": [Buffer.from('\ufeff{"jobId":1}', "utf16le"), /UTF-16/],
    "bytes": [Buffer.from(Array.from({ length: 256 }, (_, n) => n)), /not JSON/],
    "a raw NUL": ['{"jobId":"a\0"}', badId],
    "a number past every range as id": ['{"jobId":1e999}', badId],
    "a deep array": [deep("[", "]"), /not an object/],
    "an unfinished deep array": ["[".repeat(DEPTH), /not JSON/],
    "a deep object": [deep('{"a":', "}").replace("}", "1}"), tooDeep],
    "a deep value beside an id": [`{"jobId":"deep","a":${deep("[", "]")}}`, tooDeep],
    "10,000 keys and no id": [`{${keys(10_000)}}`, noId],
    "no id": ['{"eventType":"acquired"}', noId],
    "an id that is neither text nor number": ['{"jobId":{"id":1},"job_id":true}', noId],
    "an id of 10,000 characters": [JSON.stringify({ jobId: "9".repeat(10_000) }), badId],
    "an id of 129 characters": [JSON.stringify({ jobId: "9".repeat(129) }), badId],
    "an id of dots": ['{"jobId":".."}', badId],
    "an empty id": ['{"jobId":""}', badId],
    "an id that looks like a reference": ['{"jobId":"ref:a"}', badId],
    "an id with a NUL": ['{"jobId":"a\\u0000b"}', badId],
    "an id with 11 emoji": [JSON.stringify({ jobId: "😀".repeat(11) }), badId],
    "half a character as id": ['{"jobId":"\\ud800"}', noId],
  };
  for (const [name, [body, reason]] of Object.entries(unmatched)) {
    test(`${name}: kept as unmatched`, async () => {
      const answer = await vault.deliver(body);
      const { status, unmatched: key, reason: told, ...more } = answer;
      assert.deepEqual({ status, more }, { status: 202, more: {} });
      assert.match(told, reason);
      assert.ok(told.length < 400, told);
      const bytes = Buffer.from(body);
      const kept = await vault.get(`/unmatched/${key}`);
      assert.equal(kept.status, 200);
      assert.equal(kept.headers.get("content-type"), "application/octet-stream");
      assert.ok(Buffer.from(await kept.arrayBuffer()).equals(bytes), "kept as it came");
      const row = (await vault.json("/unmatched")).unmatched.find((row) => row.key === key);
      assert.ok(Date.now() - row.receivedAt < 60_000);
      const { bytes: length, ref } = row;
      assert.deepEqual({ length, ref }, { length: bytes.length, ref: null });
      await worksOn();
    });
  }

  const odd = {
    "10,000 keys": [`{"jobId":"keys",${keys(10_000)}}`, "keys"],
    "repeated keys, the last counts": ['{"jobId":"rep-1","eventType":"x","jobId":"rep-2"}', "rep-2"],
    "no type": ['{"jobId":"no-type"}', "no-type"],
    "a huge type": [`{"jobId":"huge","eventType":"${"😀".repeat(100_000)}"}`, "huge"],
    "a NUL in the type": ['{"jobId":"nul","eventType":"\\u0000"}', "nul"],
    "half a character": ['{"jobId":"half","eventType":"x","a":"\\ud800","\\udfff":1}', "half"],
    "numbers past every range": [
      '{"jobId":"numbers","updatedAt":1e999,"acquiredAt":-1,"leaseExpiry":99999999999999999999}',
      "numbers",
    ],
  };
  for (const [name, [body, id]] of Object.entries(odd)) {
    test(`${name}: accepted, changes nothing`, async () => {
      const { status, id: told, eventType, duplicate } = await vault.deliver(body);
      assert.deepEqual({ status, told, duplicate }, { status: 200, told: id, duplicate: false });
      assert.ok(eventType === null || eventType.length <= 400, "a long type is cut");
      const [event] = await vault.events(id);
      assert.deepEqual([event.outcome, event.eventType], ["unknown", eventType]);
      const { status: stays, acquiredAt, leaseExpiry } = await vault.job(id);
      assert.deepEqual([stays, acquiredAt, leaseExpiry], ["queued", null, null]);
      assert.equal(await (await vault.get(`/jobs/${id}/events/1/body`)).text(), body);
      await worksOn();
    });
  }

  const far = "18446744073709551615";
  const results = {
    "half a character as the only key": '"\\ud800":1',
    "half a character as the last key": '"a":1,"\\ud800":1',
    "half a character in a text": '"a":"\\ud800"',
    "numbers of every kind": '"a":[1e999,-0,1.10,196619188014358660]',
    "repeated keys": '"a":1,"a":2',
    "10,000 keys": keys(10_000),
  };
  for (const [n, [name, members]] of Object.entries(results).entries()) {
    for (const first of [true, false]) {
      test(`a result with ${name}, ${first ? "first" : "last"}`, async () => {
        const id = `result-${n}-${first}`;
        const envelope = `"eventType":"completed","jobId":"${id}"`;
        const all = first ? [members, envelope] : [envelope, members];
        assert.equal((await vault.deliver(`{${all.join(",")}}`)).status, 200);
        const result = await (await vault.get(`/jobs/${id}/result`)).text();
        assert.equal(result, `{${members}}`);
        assert.equal((await vault.settled(id)).archive, "none");
        await worksOn();
      });
    }
  }

  test("a result with times outside every range, also in its URLs", async () => {
    const url = (name) => source.put(`/outputs/free/5_0_${name}.mp4`).split("?")[0];
    const body = `{"eventType":"completed","jobId":"times","acquiredAt":${far},"files":[
      {"url":"${url("a")}?X-Amz-Date=99999999T999999Z&X-Amz-Expires=${far}"},
      {"url":"${url("b")}?X-Amz-Date=20261231T000000Z&X-Amz-Expires=${far}"},
      {"url":"${url("c")}?Expires=${far}"}, {"url":"${url("d")}?se=9999-99-99T99:99:99Z"},
      {"url":"${url("e")}","expires_at":${far}}, {"url":"${url("f")}","expires_at":"${far}"}]}`;
    assert.equal((await vault.deliver(body)).status, 200);
    assert.equal((await vault.settled("times")).archive, "stored");
    await worksOn();
  });

  const large = {
    "one file at 3,000 long keys": (url) =>
      Array.from({ length: 3_000 }, (_, n) => [`${n}-${"k".repeat(1_000)}`, url]),
    "400 long URLs": () =>
      Array.from({ length: 400 }, (_, n) =>
        [`k${n}`, `${source.put(`/outputs/free/7_0_${n}.mp4`)}&pad=${"x".repeat(7_000)}`]),
    "skipped media at long keys": () =>
      Array.from({ length: 40 }, (_, n) =>
        [`${n}-${"k".repeat(100_000)}`, `https://elsewhere.example/${n}.mp4`]),
  };
  for (const [n, [name, members]] of Object.entries(large).entries()) {
    test(`a result with ${name}`, async () => {
      const url = source.put(`/outputs/free/6_${n}_a.mp4`);
      const result = Object.fromEntries(members(url));
      const { status } = await vault.deliver({ ...completed(url, `large-${n}`), result });
      assert.equal(status, 200);
      assert.equal((await vault.settled(`large-${n}`)).status, "completed");
      await worksOn();
    });
  }
});
