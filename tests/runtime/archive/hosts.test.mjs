// The Worker only contacts allowed hosts, however a delivery or a redirect names another one.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { digest } from "../support/bytes.mjs";
import { file, noise, presigned, redirect, SIGNATURE, startOrigin } from "../support/servers/origin.mjs";
import { sha256 } from "../support/servers/upstream.mjs";
import { startVault } from "../support/vault.mjs";

const BYTES = noise(10_000);

describe("hosts", () => {
  let [allowed, other, forbidden] = [];
  let vault;
  let jobs = 0;
  let id;
  before(async () => {
    [allowed, other, forbidden] = await Promise.all([1, 2, 3].map(startOrigin));
    forbidden.on("/a.mp4", file(BYTES));
    vault = await startVault({ sources: `${allowed.url},${other.url}` });
  });
  after(async () => {
    await vault?.stop();
    for (const origin of [allowed, other, forbidden]) await origin?.stop();
  });
  beforeEach(() => (id = `hosts-${(jobs += 1)}`));

  async function archive(result) {
    const delivered = await vault.deliver({ eventType: "completed", jobId: id, ...result });
    assert.equal(delivered.status, 200);
    return vault.settled(id);
  }

  const isServed = async ({ url }) => assert.equal((await digest(url)).sha256, sha256(BYTES));

  test("that are not allowed are skipped with the reason, and never contacted", async () => {
    const port = forbidden.port;
    const wrong = {
      name: [`http://localhost:${port}/a.mp4`, "localhost", "host not allowed", `http://localhost:${port}`],
      port: [`http://127.0.0.1:${port}/a.mp4`, "127.0.0.1", "port not allowed", `http://127.0.0.1:${port}`],
      address: [`http://127.0.0.2:${port}/a.mp4`, "127.0.0.2", "IP address not allowed", `http://127.0.0.2:${port}`],
      // Written in the usual way this address would be allowed; as a number it never is.
      number: [`http://2130706434:${port}/a.mp4`, "127.0.0.2", "IP address not allowed"],
      six: [`http://[::1]:${port}/a.mp4`, "[::1]", "IP address not allowed", `http://[::1]:${port}`],
      user: [`http://127.0.0.1:${allowed.port}@localhost:${port}/a.mp4`, "localhost",
        "user name in URL"],
      scheme: [`https://127.0.0.1:${allowed.port}/a.mp4`, "127.0.0.1", "not https", `127.0.0.1:${allowed.port}`],
      public: [`https://example.com/a.mp4${presigned()}`, "example.com", "host not allowed", "example.com"],
    };
    allowed.on("/beside.mp4", file(BYTES));
    const before = allowed.requests("/a.mp4").length;
    const urls = Object.entries(wrong).map(([key, [url]]) => [key, url]);
    const job = await archive({ good: `${allowed.url}/beside.mp4`, ...Object.fromEntries(urls) });
    assert.equal(job.archive, "partial");
    const known = Object.fromEntries(job.skipped.map((one) => [one.pointer, one]));
    for (const [key, [url, host, reason, allow]] of Object.entries(wrong)) {
      const { reason: told, ...skipped } = known[`/${key}`] ?? {};
      assert.deepEqual(skipped, { pointer: `/${key}`, host, ...(allow && { allow }) }, key);
      if (key !== "scheme") assert.equal(told, reason, key);
      assert.equal(job.result[key].split("?")[0], url.split("?")[0], key);
    }
    assert.equal(job.skipped.length, urls.length);
    await isServed(job.files[0]);
    assert.equal(job.files.length, 1);
    assert.equal(forbidden.connections(), 0);
    assert.equal(allowed.requests("/a.mp4").length, before);
  });

  test("that are not allowed, if there are no others, leave nothing to copy, and the record says why", async () => {
    const result = { video: `https://example.com/a.mp4${presigned()}` };
    const job = await archive(result);
    assert.equal(job.archive, "partial");
    // The query of the URL would let anyone fetch the file, so it stays in the vault.
    assert.deepEqual([job.files, job.result], [[], { video: "https://example.com/a.mp4?***" }]);
    assert.deepEqual(job.skipped,
      [{ pointer: "/video", host: "example.com", reason: "host not allowed", allow: "example.com" }]);
  });

  test("in URLs that are not media are just text", async () => {
    const result = { page: "https://example.com/about", note: "see https://example.com/a.mp4" };
    const job = await archive(result);
    assert.deepEqual([job.archive, job.files, job.skipped, job.result], ["none", [], [], result]);
  });

  for (const hops of [1, 2, 3]) {
    test(`are followed through ${hops} redirects`, async () => {
      const codes = [301, 302, 307];
      const path = (n) => `/${id}/${n}.mp4`;
      for (let n = 0; n < hops; n += 1) allowed.on(path(n), redirect(path(n + 1), codes[n]));
      allowed.on(path(hops), file(BYTES));
      const job = await archive({ url: allowed.url + path(0) });
      assert.deepEqual([job.archive, job.files[0].attempts, job.files[0].name],
        ["stored", 1, "0.mp4"]);
      await isServed(job.files[0]);
      for (let n = 0; n <= hops; n += 1) assert.equal(allowed.requests(path(n)).length, 1);
    });
  }

  test("are not followed through a fourth redirect", async () => {
    const path = (n) => `/${id}/${n}.mp4`;
    for (let n = 0; n < 4; n += 1) allowed.on(path(n), redirect(path(n + 1), 308));
    allowed.on(path(4), file(BYTES));
    const job = await archive({ url: allowed.url + path(0) });
    assert.deepEqual([job.archive, job.files[0].state], ["lost", "lost"]);
    assert.match(job.files[0].error, /redirects more than 3 times/);
    assert.equal(allowed.requests(path(4)).length, 0);
  });

  test("may redirect to another allowed host", async () => {
    allowed.on(`/${id}/a.mp4`, redirect(`${other.url}/${id}/b.mp4`, 303));
    other.on(`/${id}/b.mp4`, file(BYTES));
    const job = await archive({ url: `${allowed.url}/${id}/a.mp4` });
    await isServed(job.files[0]);
    assert.equal(job.files[0].sourceHost, `127.0.0.1:${allowed.port}`);
  });

  const astray = {
    "a host that is not allowed": () => `http://localhost:${forbidden.port}/a.mp4`,
    "a port that is not allowed": () => `${forbidden.url}/a.mp4`,
    "a host without a scheme": () => `//localhost:${forbidden.port}/a.mp4`,
    "another scheme": () => "data:video/mp4,evil",
    "no URL": () => "http://",
  };
  for (const [where, location] of Object.entries(astray)) {
    test(`may not redirect to ${where}`, async () => {
      allowed.on(`/${id}/a.mp4`, redirect(`${location()}?${SIGNATURE}`));
      const job = await archive({ url: `${allowed.url}/${id}/a.mp4` });
      assert.deepEqual([job.archive, job.files[0].state], ["lost", "lost"]);
      assert.match(job.files[0].error, /not allowed|not https|no URL|not a URL/);
      assert.doesNotMatch(job.files[0].error, new RegExp(SIGNATURE));
      const host = /^(?:http:)?\/\/[^/]+/.exec(location())?.[0].replace(/^\/\//, "http://");
      if (host && host !== "http://") assert.ok(job.files[0].error.endsWith(host), job.files[0].error);
      assert.equal(forbidden.connections(), 0);
    });
  }
});
