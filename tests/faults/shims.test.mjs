// The watched bindings change nothing while no fault is set.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Miniflare } from "miniflare";
import { Injector } from "../../tools/faults/injector.mjs";
import { withShims } from "../../tools/faults/shims.mjs";
import { ROOT } from "../../tools/workerd/vault.mjs";
import { eventually } from "../../tools/workerd/wait.mjs";

/** Uses each operation of each binding, and answers with all results, plain or watched. */
const SCRIPT = `
import { DurableObject } from "cloudflare:workers";
import { watched } from "./tools/faults/worker/shims.mjs";

export class Catalog extends DurableObject {
  ask(question) {
    return "asked " + question;
  }
}

const shown = async (object) => object && ({ key: object.key, size: object.size,
  range: object.range, type: object.httpMetadata?.contentType, own: object.customMetadata,
  class: object.constructor.name, text: object.body ? await object.text() : null });
const caught = (promise) => promise.then(() => "no error", (error) => error.message);

function fixed(text) {
  const { readable, writable } = new FixedLengthStream(text.length);
  const writer = writable.getWriter();
  writer.write(new TextEncoder().encode(text)).then(() => writer.close());
  return readable;
}

async function files({ FILES }) {
  const key = "jobs/437852/0-a.txt";
  const options = { httpMetadata: { contentType: "text/plain" }, customMetadata: { a: "b" } };
  const put = await shown(await FILES.put(key, fixed("hello"), options));
  const upload = await FILES.createMultipartUpload("jobs/437852/1-b", options);
  const again = FILES.resumeMultipartUpload(upload.key, upload.uploadId);
  const part = await again.uploadPart(1, fixed("part"));
  const aborted = await FILES.createMultipartUpload("jobs/437852/2-c");
  await aborted.abort();
  return { put, part: part.partNumber, complete: await shown(await upload.complete([part])),
    get: await shown(await FILES.get(key, { range: { offset: 1, length: 2 } })),
    head: await shown(await FILES.head(key)), missing: await FILES.get("jobs/437852/no"),
    list: (await FILES.list({ prefix: "jobs/" })).objects.map((one) => one.key),
    refused: await caught(FILES.put(key, "x", { md5: "00".repeat(16) })),
    late: await caught(aborted.complete([])),
    deleted: await FILES.delete([key, upload.key]) ?? null, after: await FILES.head(key),
    class: FILES.constructor.name };
}

async function records({ RECORDS }) {
  await RECORDS.put("437852", "{}", { metadata: { a: 1 } });
  const answers = [await RECORDS.get("437852"), await RECORDS.getWithMetadata("437852", "json"),
    (await RECORDS.list()).keys];
  await RECORDS.delete("437852");
  return [...answers, await RECORDS.get("437852"), RECORDS.constructor.name];
}

async function catalog({ CATALOG }) {
  const stub = CATALOG.getByName("day");
  return [await stub.ask('"home":"id:437852"'), CATALOG.constructor.name, stub.name];
}

export default {
  async fetch({ url }, plain) {
    const env = url.endsWith("/watched") ? watched(plain, {}) : plain;
    try {
      return Response.json([await files(env), await records(env), await catalog(env), env.TEXT]);
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};`;

const injector = new Injector();
const steps = [];
let mf;

const meet = (step) => {
  steps.push(`${step.op} ${step.when}`);
  return injector.meet(step);
};

before(async () => {
  const { modules: [, ...shims], serviceBindings } = withShims(meet)({ modules: [] });
  mf = new Miniflare({
    modulesRoot: ROOT,
    modules: [{ type: "ESModule", path: join(ROOT, "probe.mjs"), contents: SCRIPT }, ...shims],
    compatibilityDate: "2026-02-24",
    bindings: { TEXT: "a" },
    r2Buckets: ["FILES"],
    kvNamespaces: ["RECORDS"],
    durableObjects: { CATALOG: "Catalog" },
    serviceBindings,
  });
});
after(() => mf.dispose());

const ask = async (path) => (await mf.dispatchFetch(`http://probe/${path}`)).text();

test("without a fault every operation does what the binding itself does", async () => {
  const plain = await ask("plain");
  assert.deepEqual(steps, []);
  assert.equal(await ask("watched"), plain);
  assert.match(plain, /"text":"el".*asked /);
  const before = steps.filter((step) => step.endsWith("before")).map((step) => step.split(" ")[0]);
  assert.deepEqual([...new Set(before)].sort(), ["CATALOG.ask", "FILES.createMultipartUpload",
    "FILES.delete", "FILES.get", "FILES.head", "FILES.list", "FILES.put", "RECORDS.delete",
    "RECORDS.get", "RECORDS.getWithMetadata", "RECORDS.put", "UPLOAD.abort", "UPLOAD.complete",
    "UPLOAD.uploadPart"]);
});

test("an operation that a fault makes fail fails", async () => {
  injector.binding = ({ op, when }) =>
    (op === "RECORDS.put" && when === "before" ? "fail" : undefined);
  assert.equal(await ask("watched"), "RECORDS.put: Internal error (injected)");
  injector.calm();
  assert.match(await ask("watched"), /^\[/);
});

test("a held operation goes on when it is released", async () => {
  injector.binding = ({ op, when }) =>
    (op === "CATALOG.ask" && when === "before" ? "hold" : undefined);
  const answer = ask("watched");
  await eventually("it is held", () => injector.holds("437852") || undefined);
  injector.release();
  assert.match(await answer, /^\[/);
});
