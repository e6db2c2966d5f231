// Wrong paths and methods: each gets a clear answer.
import assert from "node:assert/strict";
import { METHODS } from "node:http";
import { after, before, describe, test } from "node:test";
import { acquired } from "../support/deliveries.mjs";
import { raw } from "../support/raw.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";

describe("paths", () => {
  let vault;
  before(async () => {
    vault = await startVault();
    await vault.deliver(acquired("7"));
  });
  after(() => vault?.stop());

  const ask = (path, { method = "GET", authorization = `Bearer ${API_TOKEN}` } = {}) =>
    raw(vault.url, method, path, authorization ? { authorization } : {});

  function isProblem({ status, headers, text }, want) {
    assert.equal(status, want, text);
    assert.equal(headers["content-type"], "application/problem+json");
    assert.equal(JSON.parse(text).status, want);
  }

  test("404 for unknown routes", async () => {
    const unknown = ["/nope", "/jobs/7/nope", "/jobs/7/events/1", "/jobs/7/events/x/body"];
    unknown.push("/jobs/7/events/-1/body", "/jobs/7/events/4294967296/body");
    unknown.push("/files", "/files/7", "/files/7/nonce", "/files/7/nonce/x", "/files/7/nonce/0/x");
    unknown.push("/healthz/x", "/unmatched/a/b", "//jobs//7", "/jobs//", "/%", "/%ff", "/%00");
    for (const path of unknown) isProblem(await ask(path), 404);
  });

  test("404 for names that can't be an id, and 401 to strangers", async () => {
    const names = ["%", "%zz", "%00", "a%2Fb", "%2E%2E%2Fx", "%252e%252e", "...", "a%20b", "%F0%9F%98%80"];
    names.push("ref:", "ref:..", "ref:ref:a", "9".repeat(129), "9".repeat(10_000));
    for (const name of names) {
      for (const rest of ["", "/result", "/events", "/events/1/body"]) {
        isProblem(await ask(`/jobs/${name}${rest}`), 404);
        isProblem(await ask(`/jobs/${name}${rest}`, { authorization: null }), 401);
      }
    }
    isProblem(await ask("/jobs/%ff"), 404);
  });

  test("an encoded name is the name", async () => {
    for (const path of ["/jobs/%37", "/jobs/7/", "/%6aobs/7", "/jobs/7?wait=0"]) {
      const { status, text } = await ask(path);
      assert.deepEqual([status, JSON.parse(text).id], [200, "7"], path);
    }
  });

  test("dots lead up, as in every URL, and to no job", async () => {
    for (const path of ["/jobs/..", "/jobs/%2e%2e", "/jobs/.%2E/"]) {
      const { status, headers } = await ask(path, { authorization: null });
      assert.deepEqual([status, headers["content-type"]], [200, "text/html; charset=utf-8"], path);
    }
    isProblem(await ask("/jobs/../../etc/passwd"), 404);
  });

  test("404 for files of no job, or with a wrong nonce", async () => {
    for (const path of ["7/wrong/0", "7/wrong/0-a.mp4", "8/wrong/0", "ref:x/wrong/0", "%2e%2e%2f/n/0"]) {
      isProblem(await ask(`/files/${path}`, { authorization: null }), 404);
    }
  });

  test("404 for invalid unmatched keys", async () => {
    for (const key of ["x", "..%2fjobs", "%00", "a%20b", "9".repeat(5_000)]) {
      isProblem(await ask(`/unmatched/${key}`), 404);
    }
  });

  test("very long paths and queries get an answer", async () => {
    for (const length of [1_000, 10_000, 60_000]) {
      isProblem(await ask(`/${"x".repeat(length)}`), 404);
      isProblem(await ask("/x".repeat(length / 2)), 404);
      isProblem(await ask(`/jobs/7?x=${"x".repeat(length)}`), 400);
    }
  });

  test("an invalid reference does not lose the delivery", async () => {
    for (const [n, reference] of ["%00", "a%2Fb", "a b", "ref:x", "x".repeat(5_000)].entries()) {
      const withId = await vault.deliver(acquired(`odd-${n}`), { reference });
      assert.deepEqual([withId.status, withId.id], [200, `odd-${n}`], reference.slice(0, 20));
      assert.equal((await vault.job(`odd-${n}`)).ref, null);
      const without = await vault.deliver({ eventType: "failed" }, { reference });
      assert.equal(without.status, 202, reference.slice(0, 20));
    }
  });

  test("405 for other methods, with the allowed ones", async () => {
    const wrong = [];
    const expect = async (method, path, allow) => {
      const { status, headers } = await ask(path, { method });
      // 501: the runtime does not know the method, and does not ask the Worker.
      if (status === 501 || (status === 405 && headers.allow === allow)) return;
      wrong.push(`${method} ${path}: ${status} ${headers.allow}`);
    };
    for (const path of ["/jobs/7/result", "/jobs/7/events", "/jobs/7/events/1/body", "/healthz"]) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) await expect(method, path, "GET, HEAD, OPTIONS");
    }
    for (const method of METHODS) {
      if (["GET", "HEAD", "POST", "OPTIONS", "CONNECT"].includes(method)) continue;
      await expect(method, "/jobs/7/result", "GET, HEAD, OPTIONS");
      await expect(method, `/hook/${HOOK_TOKEN}`, "POST, OPTIONS");
    }
    assert.deepEqual(wrong, []);
  });

  test("HEAD answers like GET, without a body", async () => {
    for (const path of ["/jobs/7", "/jobs/7/events", "/unmatched", "/healthz", "/"]) {
      const [head, get] = [await ask(path, { method: "HEAD" }), await ask(path)];
      assert.deepEqual([head.status, head.text], [200, ""]);
      assert.equal(head.headers["content-type"], get.headers["content-type"]);
    }
  });
});
