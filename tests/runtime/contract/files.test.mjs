// Like deliveries.test.mjs: files, from their source to their readers.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chunked, chunkedCut, cut, file, md5, noise, PNG, presigned, status }
  from "../support/servers/origin.mjs";
import { BYTES, measured } from "../support/contract/measured.mjs";

const PART = 5 * 1024 * 1024;

measured("files", (on) => {
  describe("files", () => {
    test("are served as they were, whole and in parts", async () => {
      const { file: stored } = await on.archived([file(BYTES)]);
      const { url, etag } = stored;
      await on.checkStored(stored);
      const ask = (headers, method = "GET") => fetch(url, { method, headers });
      const whole = await ask({});
      const told = Object.fromEntries(whole.headers);
      await whole.body.cancel();
      const { "content-type": type, "content-length": length, "accept-ranges": ranges } = told;
      assert.deepEqual([type, length, ranges, told.etag], ["video/mp4", "100000", "bytes", `"${etag}"`]);
      for (const [range, first, last] of [["0-99", 0, 99], ["99990-", 99_990, 99_999],
        ["-10", 99_990, 99_999], ["99990-200000", 99_990, 99_999], ["50000-50000", 50_000, 50_000]]) {
        const part = await ask({ range: `bytes=${range}` });
        assert.deepEqual([part.status, part.headers.get("content-range")],
          [206, `bytes ${first}-${last}/100000`], range);
        const got = Buffer.from(await part.arrayBuffer());
        assert.ok(got.equals(BYTES.subarray(first, last + 1)), range);
      }
      for (const range of ["100000-", "-0", "200000-200001"]) {
        const none = await ask({ range: `bytes=${range}` });
        assert.deepEqual([none.status, none.headers.get("content-range")], [416, "bytes */100000"], range);
        await none.body?.cancel();
      }
      for (const [header, value, want] of [
        ["if-none-match", `"${etag}"`, 304], ["if-none-match", `"other", W/"${etag}"`, 304],
        ["if-none-match", '"other"', 200], ["if-modified-since", told["last-modified"], 304],
        ["if-match", '"other"', 412], ["if-match", `"${etag}"`, 200],
      ]) {
        const answer = await ask({ [header]: value });
        assert.equal(answer.status, want, `${header}: ${value}`);
        await answer.arrayBuffer();
      }
      for (const [value, want] of [[`"${etag}"`, 206], ['"other"', 200]]) {
        const answer = await ask({ range: "bytes=0-9", "if-range": value });
        assert.deepEqual([answer.status, (await answer.arrayBuffer()).byteLength],
          [want, want === 206 ? 10 : 100_000]);
      }
      const head = await ask({}, "HEAD");
      assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()],
        [200, "100000", ""]);
    });

    test("open only with their link", async () => {
      const { file: { url } } = await on.archived([file(BYTES)]);
      const nonce = /[0-9a-f]{32}/.exec(url)[0];
      for (const wrong of ["0".repeat(32), nonce.slice(1), nonce.toUpperCase(), "x"]) {
        const response = await fetch(url.replace(nonce, wrong));
        assert.equal(response.status, 404, wrong);
        await response.body.cancel();
      }
      const missing = await fetch(url.replace("/0-", "/7-"));
      assert.equal(missing.status, 404);
      await missing.body.cancel();
    });

    for (const [name, bytes] of Object.entries({
      "nothing": Buffer.alloc(0), "less than a part": BYTES, "one part": noise(PART),
      "more than two parts": noise(2 * PART + 12_345),
    })) {
      test(`of unknown length are copied: ${name}`, async () => {
        const step = bytes.length > 0 ? chunked(bytes) : (response) => {
          response.writeHead(200, { "content-type": "video/mp4" });
          response.flushHeaders();
          response.end();
        };
        const { file: stored } = await on.archived([step]);
        await on.checkStored(stored, bytes);
      });
    }

    test("that are larger than memory should hold are copied", async () => {
      const bytes = noise(24 * 1024 * 1024);
      const { file: stored } = await on.archived([file(bytes)]);
      await on.checkStored(stored, bytes);
    });

    const hiccups = {
      "500 twice": [status(500), status(500)],
      "404 while its URL should live": [status(404)],
      "a body that breaks off": [cut(BYTES)],
      "a body of unknown length that breaks off": [chunkedCut(BYTES)],
    };
    for (const [name, steps] of Object.entries(hiccups)) {
      test(`are retried after ${name}`, async () => {
        const { file: stored, path } = await on.archived([...steps, file(BYTES)], { query: presigned() });
        await on.checkStored(stored);
        assert.equal(stored.attempts, steps.length + 1);
        assert.equal(on.origin.requests(path).length, steps.length + 1);
      });
    }

    test("are lost when their URL is dead, and the archive is partial", async () => {
      const id = on.newId();
      const gone = on.serve([status(404)], { query: presigned({ ago: 7_200, lifetime: 3_600 }) });
      const kept = on.serve([file(BYTES)]);
      await on.vault.deliver({ eventType: "completed", jobId: id, results: [gone.url, kept.url] });
      const { archive, files } = await on.vault.settled(id);
      assert.deepEqual([archive, ...files.map(({ state }) => state)], ["partial", "lost", "stored"]);
      assert.match(files[0].error, /answers 404/);
      assert.equal((await fetch(files[0].url)).status, 410);
    });

    test("are fetched unencoded, without any key", async () => {
      const { path } = await on.archived([file(BYTES)]);
      const [{ headers }] = on.origin.requests(path);
      assert.equal(headers["accept-encoding"], "identity");
      for (const name of ["authorization", "cookie", "range"]) assert.ok(!(name in headers), name);
    });

    test("whose MD5 differs from the source's are not accepted", async () => {
      const lie = file(BYTES, { "content-type": "video/mp4", etag: `"${md5("other")}"` });
      const { file: stored } = await on.archived([lie, file(BYTES)]);
      await on.checkStored(stored);
      assert.equal(stored.attempts, 2);
    });

    const inline = {
      "a data URI": (bytes) => ({ video: { data_uri: `data:video/mp4;base64,${bytes.toString("base64")}` } }),
      "bare base64": () => ({ image: { data_uri: PNG.toString("base64") } }),
      "base64 in `b64_json`": () => ({ data: [{ b64_json: PNG.toString("base64") }] }),
      "a long data URI": () => ({
        note: "é, which has two bytes", video: { data_uri: `data:video/mp4;base64,${LONG.toString("base64")}` } }),
    };
    const LONG = noise(3 * 1024 * 1024 + 1, "long");
    for (const [name, result] of Object.entries(inline)) {
      test(`in the delivery itself are decoded: ${name}`, async () => {
        const id = on.newId();
        const want = name.includes("long") ? LONG : name.includes("data URI") ? BYTES : PNG;
        assert.equal((await on.vault.deliver({ eventType: "completed", jobId: id, ...result(BYTES) })).status, 200);
        const { files, result: shown } = await on.vault.settled(id);
        assert.equal(files.length, 1);
        await on.checkStored(files[0], want);
        assert.equal(files[0].sourceHost, null);
        assert.equal(files[0].contentType, want === PNG ? "image/png" : "video/mp4");
        assert.ok(JSON.stringify(shown).includes(files[0].url));
        assert.ok(JSON.stringify(shown).length < 1_000, "the data is out of the result");
      });
    }
  });
});
