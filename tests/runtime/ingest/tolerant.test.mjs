// What senders really send: a byte order mark, NaN, broken characters, forms. All of these show their id, reference and
// files plainly. The served result is valid JSON, and the body is kept unchanged.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json, problem } from "../support/answers.mjs";
import { digest } from "../support/bytes.mjs";
import { acquired, completed } from "../support/deliveries.mjs";
import { file, noise, PNG, startOrigin } from "../support/servers/origin.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { askable, sha256 } from "../support/servers/upstream.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
/** Each way to write a body: what is sent for a JSON text, and what is read from the member `log`. */
const WAYS = {
  "a byte order mark": { log: '"x"', write: (body) => Buffer.concat([BOM, Buffer.from(body)]), read: "x" },
  "NaN": { log: "NaN" },
  "Infinity": { log: "Infinity" },
  "-Infinity": { log: "-Infinity" },
  "a character that is cut": { log: '"a\xf0\x9f\x98b"', write: (body) => Buffer.from(body, "latin1"), read: "a\ufffdb" },
  "Latin-1": { log: '"gr\xf6\xdfer"', write: (body) => Buffer.from(body, "latin1"), read: "gr\ufffd\ufffder" },
  "raw line breaks": { log: '"a\nb\tc"', read: "a\nb\tc" },
  "a form": { log: '"a b+c"', write: (body) => `v=1&payload=${encodeURIComponent(body).replaceAll("%20", "+")}`, read: "a b+c" },
};

let source, upstream, receiver, vault;
before(async () => {
  source = await startSource();
  upstream = await startOrigin();
  receiver = await startReceiver();
  const vars = { ...askable(upstream.url), HANDOFF_URL: `${receiver.url}/ends` };
  vault = await startVault({ sources: `${source.url},${receiver.url}`, vars });
});
after(() => stopAll(vault, source, upstream, receiver));

let count = 0;
const fresh = (name) => `${name}-${(count += 1)}`;
/** Returns an id of digits, as the batch queue's are. */
const number = () => String(810_000 + (count += 1));
const assign = (key, query) => fetch(`${vault.url}/unmatched/${key}${query}`,
  { method: "POST", headers: { authorization: `Bearer ${API_TOKEN}` } });
const raw = async (path) => Buffer.from(await (await vault.get(path)).arrayBuffer());

/** Writes a result of job `id` in one of the ways: the body, and the URL of its file. */
function written({ log, write = (body) => body }, id, more = "") {
  const url = source.put(`/outputs/free/${id}_0_a.mp4`, `video of ${id}`);
  const sent = write(`{"eventType":"completed","jobId":"${id}","log":${log},${more}"seed":196619188014358660,"video":{"url":"${url}"}}`);
  return { url, sent };
}

describe("a delivery with", () => {
  for (const [name, way] of Object.entries(WAYS)) {
    test(`${name} is applied, and served as valid JSON`, async () => {
      const id = fresh("way");
      const { sent } = written(way, id);
      assert.equal((await vault.deliver(sent, { reference: `order-${id}` })).status, 200);
      const { archive, files, ref, result } = await vault.settled(id);
      assert.deepEqual([archive, ref, result.log], ["stored", `order-${id}`, way.read ?? null]);
      assert.equal((await digest(files[0].url)).sha256, sha256(`video of ${id}`));
      const told = await (await vault.get(`/jobs/${id}/result`)).text();
      assert.match(told, /"seed":196619188014358660,/);
      assert.deepEqual(JSON.parse(told), result);
      const [entry] = await vault.events(id);
      assert.equal(entry.bytes, Buffer.from(sent).length);
      if (entry.body) assert.deepEqual([entry.body.jobId, entry.body.log], [id, way.read ?? null]);
      const copy = await eventually("it is at the edge", async () => (await (await vault.records()).get(id)) ?? undefined);
      assert.equal(JSON.parse(copy).id, id);
      const message = await eventually("it is handed on", async () =>
        receiver.requests.map(({ body }) => JSON.parse(body)).find(({ jobId }) => jobId === id));
      assert.deepEqual([message.log, message.video.url], [way.read ?? null, files[0].url]);
      assert.equal((await vault.deliver(sent)).duplicate, true);
    });
  }

  for (const [name, { log, write = (body) => body }] of Object.entries(WAYS)) {
    test(`${name} is kept unchanged`, async () => {
      const id = fresh("kept");
      const sent = Buffer.from(write(`{"eventType":"news","jobId":"${id}","log":${log}}`));
      assert.equal((await vault.deliver(sent)).status, 200);
      const kept = await vault.get(`/jobs/${id}/events/1/body`);
      assert.equal(kept.headers.get("content-type"), "application/octet-stream");
      assert.ok(Buffer.from(await kept.arrayBuffer()).equals(sent));
    });
  }

  test("anything unusual is in the export and in the manifest, and can be restored", async () => {
    const ids = Object.keys(WAYS).map(() => fresh("all"));
    for (const [n, way] of Object.values(WAYS).entries()) await vault.deliver(written(way, ids[n]).sent);
    for (const id of ids) await vault.settled(id);
    const lines = await eventually("all are exported", async () => {
      const told = await (await vault.get("/export")).text();
      const records = told.trim().split("\n").map((line) => JSON.parse(line));
      return ids.every((id) => records.some((record) => record.id === id && record.archive === "stored")) || undefined;
    });
    assert.ok(lines);
    for (const key of await vault.keys("manifests/")) {
      JSON.parse(await (await (await vault.bucket()).get(key)).text());
    }
  });

  for (const [size, where] of [[0, "in the object"], [300_000, "in the bucket"]]) {
    for (const [name, way] of Object.entries(WAYS)) {
      test(`${name} and inline data, ${where}: the file's bytes are right`, async () => {
        const id = fresh("inline");
        const image = Buffer.concat([PNG, noise(3_000, id)]);
        const more = `"pad":"${"x".repeat(size)}","image":{"data_uri":"data:image/png;base64,${image.toString("base64")}"},`;
        const { sent } = written(way, id, more);
        assert.equal((await vault.deliver(sent)).status, 200);
        const { archive, files } = await vault.settled(id);
        assert.deepEqual([archive, files.length], ["stored", 2]);
        const inline = files.find(({ contentType }) => contentType === "image/png");
        assert.equal((await digest(inline.url)).sha256, sha256(image));
      });
    }
  }
});

describe("a body that is kept unchanged", () => {
  test("is read again when its files are copied again", async () => {
    for (const way of Object.values(WAYS)) {
      const id = fresh("again");
      const { sent } = written(way, id);
      await vault.deliver(sent);
      const { files: [{ name, url }] } = await vault.settled(id);
      const [key] = await vault.keys(`jobs/${id}/`);
      await (await vault.bucket()).delete(key);
      assert.equal((await vault.post(`/jobs/${id}/archive`, "", { authorization: `Bearer ${API_TOKEN}` })).status, 202);
      await eventually(`${name} is there again`, async () => (await vault.keys(`jobs/${id}/`)).length === 1 || undefined);
      await vault.settled(id);
      assert.equal((await digest(url)).sha256, sha256(`video of ${id}`));
    }
  });

  test("is read again when it moves to the job of its id", async () => {
    for (const way of Object.values(WAYS)) {
      const id = fresh("moved");
      const { sent } = written(way, id);
      const nameless = Buffer.from(Buffer.from(sent).toString("latin1").replace(/("|%22)jobId("|%22)/, "$1other$2"), "latin1");
      await vault.deliver(nameless, { reference: `ref-${id}` });
      vault.unwatch(`ref:ref-${id}`);
      await vault.deliver(acquired(id));
      await vault.deliver(acquired(id, 1), { reference: `ref-${id}` });
      await eventually("it has moved", async () => (await vault.job(id)).status === "completed" || undefined);
      const { archive, files, result } = await vault.settled(id);
      assert.deepEqual([archive, result.log], ["stored", way.read ?? null]);
      assert.equal((await digest(files[0].url)).sha256, sha256(`video of ${id}`));
    }
  });
});

describe("the upstream's answers", () => {
  const result = (id) => `/queue/m/requests/${id}`;
  const says = (body) => file(body, { "content-type": "application/json" });

  test("heal a job however they are written", async () => {
    for (const way of Object.values(WAYS)) {
      const id = number();
      const { sent } = written(way, id);
      upstream.on(result(id), says(Buffer.from(sent)));
      assert.equal((await vault.import({ id, app: "m" })).status, 200);
      vault.watch(id);
      const { archive, files, result: told } = await vault.settled(id);
      assert.deepEqual([archive, told.log], ["stored", way.read ?? null]);
      assert.equal((await digest(files[0].url)).sha256, sha256(`video of ${id}`));
    }
  });

  test("are relayed as valid JSON, and a request's number is read by its value", async () => {
    const id = `90000${(count += 1)}`;
    const at = `${upstream.url}${result(id)}`;
    upstream.on("/queue/m", says(Buffer.concat([BOM, Buffer.from(
      `{"request_id":${id}.0,"eta":NaN,"status_url":"${at}/status","note":"caf`), Buffer.from([0xe9]), Buffer.from('"}')])));
    const headers = { authorization: `Bearer ${API_TOKEN}` };
    const submitted = await json(await vault.post("/queue/m", '{"prompt":"a"}', headers));
    assert.deepEqual([submitted.eta, submitted.note], [null, "caf\ufffd"]);
    assert.equal(submitted.status_url, `${vault.url}/queue/m/requests/${id}/status`);
    upstream.on(`${result(id)}/status`, says(Buffer.from('\ufeff{"status":"IN_PROGRESS","eta":-Infinity}')));
    assert.deepEqual(await json(await vault.get(`/queue/m/requests/${id}/status`)), { status: "IN_PROGRESS", eta: null });
    await vault.deliver(`{"eventType":"completed","jobId":${id}e0}`);
    assert.equal((await vault.settled(id)).status, "completed");
  });
});

describe("numbers", () => {
  test("are read by their value in ids: one job, past 2^53 too", async () => {
    for (const [plain, ...others] of [
      ["437852", "437852.0", "4.37852e5", "43785200E-2", "0.437852e+6"],
      ["196619188014358661", "196619188014358661.0", "1.96619188014358661e17"],
    ]) {
      await vault.deliver(`{"eventType":"acquired","jobId":${plain},"updatedAt":1}`);
      for (const [n, written] of others.entries()) {
        const { id } = await vault.deliver(`{"eventType":"acquired","jobId":${written},"updatedAt":${n + 2}.0}`);
        assert.equal(id, plain);
      }
      assert.equal((await vault.job(plain)).deliveries, others.length + 1);
    }
    assert.equal((await vault.deliver('{"jobId":"437852.0"}')).id, "437852.0", "a string stays as it is");
  });

  test("are not an id if they are too long", async () => {
    for (const written of ["1e999999999", "1e128", "1e-999999999", "9".repeat(129)]) {
      const { status, reason } = await vault.deliver(`{"eventType":"failed","jobId":${written}}`);
      assert.equal(status, 202);
      assert.match(reason, /`jobId` is ".+"…?, which is not a job id/);
    }
  });

  test("are read by their value in times", async () => {
    await vault.deliver('{"eventType":"acquired","jobId":"times","leaseExpiry":1.766867867109e12,"acquiredAt":1766867822109.0,"updatedAt":1766867822110.75}');
    const { leaseExpiry, acquiredAt } = await vault.job("times");
    assert.deepEqual([leaseExpiry, acquiredAt], [1_766_867_867_109, 1_766_867_822_109]);
    const late = await vault.deliver('{"eventType":"failed","jobId":"times","updatedAt":1766867822109.9}');
    assert.equal(late.status, 200);
    assert.equal((await vault.events("times")).at(-1).outcome, "late");
  });

  test("are read so in lines of an import too", async () => {
    const lines = '\ufeff{"id":700001.0,"ref":"a","ref":"import-700001","score":NaN}\r\n\ufeff{"request_id":7.00002e5}\n';
    const headers = { authorization: `Bearer ${API_TOKEN}` };
    const answer = await json(await vault.post("/jobs", lines, headers));
    assert.deepEqual(answer, { imported: 2, known: 0, deleted: [], failed: [] });
    assert.equal((await vault.job("ref:import-700001")).id, "700001");
    assert.equal((await vault.job("700002")).status, "queued");
  });
});

describe("an id", () => {
  test("is never taken from text with a replaced character", async () => {
    const name = "/outputs/free/5150_0_a";
    for (const body of [
      Buffer.from('{"eventType":"completed","jobId":"515\xff0"}', "latin1"),
      Buffer.from(`{"eventType":"completed","video":"${source.url}${name}\xff.mp4"}`, "latin1"),
    ]) {
      assert.equal((await vault.deliver(body)).status, 202);
    }
    const { status } = await fetch(`${vault.hookUrl()}/515%FF0`, { method: "POST", body: '{"eventType":"failed"}' });
    assert.equal(status, 202);
    for (const job of ["515", "515%EF%BF%BD0", "5150"]) assert.equal((await vault.get(`/jobs/${job}`)).status, 404);
  });
});

describe("what no one can read", () => {
  const UNREADABLE = {
    "half an object": ['{"eventType":"completed",', /not JSON/],
    "a form without JSON": ["jobId=1&state=done", /a form without a JSON object/],
    "a form with two objects": ["a=%7B%7D&b=%7B%7D", /a form with more than one JSON object/],
    "a form of parts": ['--x\r\ncontent-disposition: form-data; name="payload"\r\n\r\n{}\r\n--x--\r\n', /a form of several parts/],
    "UTF-16": [Buffer.from('\ufeff{"jobId":1}', "utf16le"), /UTF-16; send it as UTF-8/],
    "bytes": [noise(3_000, "bytes"), /not JSON/],
    "a list": ["[NaN]", /not an object/],
  };

  for (const [name, [body, reason]] of Object.entries(UNREADABLE)) {
    test(`${name}: kept, its job asks the upstream, and so does the one that it is assigned to`, async () => {
      const id = number();
      await vault.deliver(acquired(id), { reference: `order-${id}`, query: "?app=m" });
      upstream.on(`/queue/m/requests/${id}`, file(Buffer.from(JSON.stringify(completed(source.put(`/${id}.mp4`)))), {}));
      const kept = await vault.deliver(body, { reference: `order-${id}` });
      assert.equal(kept.status, 202);
      assert.match(kept.reason, reason);
      assert.equal((await vault.settled(id)).archive, "stored");
      const healed = (await vault.events(id)).find(({ outcome }) => outcome === "heal");
      assert.match(healed.detail, /can't be read/);

      const other = number();
      await vault.deliver(acquired(other), { query: "?app=m" });
      upstream.on(`/queue/m/requests/${other}`, file(Buffer.from(JSON.stringify(completed(source.put(`/${other}.mp4`)))), {}));
      const told = await json(await assign(kept.unmatched, `?job=${other}`));
      assert.deepEqual(told, { id: other, eventType: null, duplicate: false });
      assert.equal((await vault.settled(other)).archive, "stored");
      const entry = (await vault.events(other))[1];
      assert.deepEqual([entry.outcome, entry.eventType, entry.trust], ["unknown", null, "token"]);
      assert.match(entry.detail, /assigned by hand; the body is .*; the upstream is asked/);
      if (typeof body === "string") assert.equal(text(entry.body), name === "a list" ? "[null]" : body);
      assert.ok((await raw(`/jobs/${other}/events/2/body`)).equals(Buffer.from(body)), "kept as it came");
      await problem(await assign(kept.unmatched, `?job=${other}`), 404);
    });
  }

  test("does not say which job it belongs to", async () => {
    const { unmatched } = await vault.deliver("no JSON");
    await json(await assign(unmatched, "?job=of-fal&create=true"));
    vault.watch("of-fal");
    const ok = { request_id: "of-fal", gateway_request_id: "of-fal", status: "OK", payload: { n: 1 } };
    assert.equal((await vault.deliver(ok)).status, 200);
    const again = await vault.deliver("no JSON again");
    assert.equal((await assign(again.unmatched, "?job=of-fal")).status, 200);
    const { provider, status, deliveries } = await vault.settled("of-fal");
    assert.deepEqual([provider, status, deliveries], ["fal", "completed", 3]);
  });
});

describe("assigning to an unknown job", () => {
  test("is a 404 that names `&create=true`, which creates the job", async () => {
    const { unmatched } = await vault.deliver(completed(source.put("/new.mp4")));
    for (const name of ["new-1", "ref:new-1"]) {
      const detail = await problem(await assign(unmatched, `?job=${name}`), 404);
      assert.match(detail, /no delivery has named job ".*new-1".*`&create=true`/);
      await problem(await assign(unmatched, `?job=${name}&create=false`), 404);
      assert.equal((await vault.get(`/jobs/${name}`)).status, 404);
    }
    assert.match(await problem(await assign(unmatched, "?job=new-1&create=yes"), 400), /`create` is "yes"/);
    assert.equal((await json(await assign(unmatched, "?job=new-1&create=true"))).id, "new-1");
    vault.watch("new-1");
    assert.equal((await vault.settled("new-1")).archive, "stored");
  });

  test("finds a job by its reference, as readers do", async () => {
    await vault.deliver(acquired("found-1"), { reference: "order-found" });
    for (const name of ["order-found", "ref:order-found"]) {
      const { unmatched } = await vault.deliver({ eventType: "failed", error: name });
      assert.equal((await json(await assign(unmatched, `?job=${name}`))).id, "found-1");
    }
  });
});
