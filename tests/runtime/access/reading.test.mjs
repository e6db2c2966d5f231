// Who can read, and what they get.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { json, problem } from "../support/answers.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";

describe("reading", () => {
  let source, vault;
  let routes;
  before(async () => {
    ({ source, vault } = await startSourced({ vars: { READ_TOKEN } }));
    await vault.deliver(acquired("7"));
    const { unmatched } = await vault.deliver("{}");
    routes = ["/jobs/7", "/jobs/7/result", "/jobs/7/events", "/jobs/7/events/1/body", "/unmatched"];
    routes.push(`/unmatched/${unmatched}`, "/jobs/unknown", "/jobs/ref:unknown/result");
  });
  after(() => stopAll(vault, source));

  const ask = (path, authorization, method = "GET") =>
    fetch(vault.url + path, { method, headers: authorization ? { authorization } : {} });

  test("401 on every route without a token or with a wrong one", async () => {
    const wrong = [undefined, "", API_TOKEN, "Bearer", `Basic ${API_TOKEN}`, `Bearer ${HOOK_TOKEN}`];
    wrong.push(`Bearer ${API_TOKEN.slice(0, -1)}`, `Bearer ${API_TOKEN}0`, `Bearer ${API_TOKEN},x`);
    for (const path of routes) {
      for (const authorization of wrong) {
        const response = await ask(path, authorization);
        assert.match(response.headers.get("www-authenticate"), /^Bearer( error="invalid_token")?$/);
        const detail = await problem(response, 401);
        assert.match(detail, /Authorization: Bearer <API_TOKEN>/);
        assert.equal((await ask(path, authorization, "HEAD")).status, 401);
      }
    }
  });

  test("both tokens read, with both schemes", async () => {
    for (const path of routes) {
      const statuses = [];
      for (const token of [API_TOKEN, READ_TOKEN]) {
        for (const scheme of ["Bearer", "bearer", "Key"]) {
          for (const method of ["GET", "HEAD"]) {
            statuses.push((await ask(path, `${scheme} ${token}`, method)).status);
          }
        }
      }
      const want = path.includes("unknown") ? 404 : path === "/jobs/7/result" ? 202 : 200;
      assert.deepEqual(new Set(statuses), new Set([want]), path);
    }
  });

  test("answers forbid caching and sniffing", async () => {
    for (const path of routes) {
      const { headers } = await vault.get(path);
      assert.equal(headers.get("cache-control"), "no-store", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    }
  });

  test("404 for unknown jobs, and reading creates none", async () => {
    for (const name of ["unknown", "ref:unknown"]) {
      for (const rest of ["", "/result", "/events", "/events/1/body"]) {
        for (let n = 0; n < 2; n += 1) await problem(await vault.get(`/jobs/${name}${rest}`), 404);
      }
    }
    for (const n of [0, 2, 4_294_967_295]) {
      await problem(await vault.get(`/jobs/7/events/${n}/body`), 404);
    }
    assert.match(await problem(await vault.get("/jobs/unknown"), 404), /no delivery.*unknown/);
  });

  test("without a result: 202, the summary, and when to ask again", async () => {
    for (const [id, body] of [
      ["21", acquired("21")],
      ["22", told("retried", "22", 1)],
      ["23", { eventType: "news", jobId: "23" }],
    ]) {
      await vault.deliver(body, { query: "?app=shop&tag=a", reference: `order-${id}` });
      const response = await vault.get(`/jobs/${id}/result`);
      assert.match(response.headers.get("retry-after"), /^[1-9][0-9]*$/);
      const { status, queueName, createdAt, updatedAt } = await vault.job(id);
      const known = { id, ref: `order-${id}`, app: "shop", tags: ["a"], status, archive: "none" };
      const summary = { ...known, queueName, createdAt, updatedAt, files: [] };
      assert.deepEqual(await json(response, 202), summary);
    }
  });

  test("the result is the same byte for byte, except the durable URLs", async () => {
    const url = source.put("/outputs/free/31_0_a.mp4");
    const result = (file) => `{ "z": 196619188014358660, "a": 1.10,
      "video" : {"data_uri":"${file}"}, "e": [1e999, "\\u00e9\\/"] }`;
    const body = result(url).replace("{ ", '{ "eventType":"completed", "jobId":31, ');
    await vault.deliver(body);
    const { files, result: parsed } = await vault.settled("31");
    const response = await vault.get("/jobs/31/result");
    assert.equal(response.headers.get("content-type"), "application/json");
    const text = await response.text();
    assert.equal(text, result(files[0].url));
    const record = await (await vault.get("/jobs/31")).text();
    assert.ok(record.includes(`"result":${text}`));
    assert.equal(parsed.video.data_uri, files[0].url);
  });

  test("media on a host that is not allowed is named, and not fetched", async () => {
    const text = "https://example.com/preview.mp4";
    await vault.deliver({ ...completed(source.put("/outputs/free/32_0_a.mp4"), "32"), preview: text });
    const job = await vault.settled("32");
    const skipped = { pointer: "/preview", host: "example.com", reason: "host not allowed", allow: "example.com" };
    assert.deepEqual([job.archive, job.skipped], ["partial", [skipped]]);
    assert.equal(job.result.preview, text);
  });

  test("inline data becomes a file", async () => {
    const bytes = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(2_000, 7)]);
    const uri = `data:image/png;base64,${bytes.toString("base64")}`;
    await vault.deliver({ eventType: "completed", jobId: "33", image: { url: uri, file_name: "a.png" } });
    const { archive, files, result } = await vault.settled("33");
    assert.deepEqual([archive, files.length, result.image.url], ["stored", 1, files[0].url]);
    const { name, contentType, size, sourceHost, expiresAt, slackMs } = files[0];
    const got = { name, contentType, size, sourceHost, expiresAt, slackMs };
    const none = { sourceHost: null, expiresAt: null, slackMs: null };
    assert.deepEqual(got, { name: "a.png", contentType: "image/png", size: bytes.length, ...none });
    const served = await fetch(files[0].url);
    assert.ok(Buffer.from(await served.arrayBuffer()).equals(bytes));
  });

  test("400 for bad parameters, which it names", async () => {
    const bad = { wait: ["x", "-1", "1.5", "", "1e1"], version: ["x", "-1", ""], for: ["ever", ""] };
    for (const path of ["/jobs/7", "/jobs/7/result"]) {
      for (const [name, values] of Object.entries(bad)) {
        for (const value of values) {
          const detail = await problem(await vault.get(`${path}?${name}=${value}`), 400);
          assert.ok(detail.includes(`\`${name}\``), detail);
        }
      }
    }
    for (const query of ["after=x", "after=-1", "limit=x", "limit=1.5"]) {
      await problem(await vault.get(`/jobs/7/events?${query}`), 400);
    }
    await problem(await vault.get("/unmatched?limit=x"), 400);
  });

  test("strangers learn nothing from bad parameters", async () => {
    await problem(await ask("/jobs/7?wait=x"), 401);
    await problem(await ask("/jobs/7/events?limit=x", "Bearer wrong"), 401);
  });
});
