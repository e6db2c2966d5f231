// The dashboard's files: their headers, and that they do not hide any route.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ASSETS, dashboardSize, MAX_GZIP_BYTES } from "../../../tools/build/dashboard.mjs";
import { readFileSync } from "node:fs";
import { raw } from "../support/raw.mjs";
import { stopAll } from "../support/stop.mjs";
import { HOOK_TOKEN, startVault } from "../support/vault.mjs";

const FILES = { "/": "text/html; charset=utf-8", "/dashboard/app.js": "text/javascript; charset=utf-8",
  "/dashboard/theme.js": "text/javascript; charset=utf-8", "/dashboard/app.css": "text/css; charset=utf-8",
  "/dashboard/icon.svg": "image/svg+xml" };

describe("the dashboard's files", () => {
  let vault;
  let bare;
  before(async () => {
    vault = await startVault();
    bare = await startVault({ vars: { HOOK_TOKEN: null, API_TOKEN: null },
      change: ({ assets, ...options }) => options });
  });
  after(() => stopAll(vault, bare));

  test("are served to everyone, under a policy that runs no foreign script", async () => {
    for (const [path, type] of Object.entries(FILES)) {
      const { status, headers } = await raw(vault.url, "GET", path);
      assert.deepEqual([status, headers["content-type"]], [200, type], path);
      const policy = Object.fromEntries(headers["content-security-policy"].split("; ")
        .map((rule) => rule.split(/ (.*)/)));
      for (const name of ["script-src", "style-src", "connect-src"]) assert.equal(policy[name], "'self'", name);
      for (const name of ["default-src", "base-uri", "form-action", "frame-ancestors"]) {
        assert.equal(policy[name], "'none'", name);
      }
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.equal((await raw(vault.url, "HEAD", path)).text, "");
      const again = await raw(vault.url, "GET", path, { "if-none-match": headers.etag });
      assert.deepEqual([again.status, again.text], [304, ""]);
    }
    const { text } = await raw(vault.url, "GET", "/?status=failed");
    assert.doesNotMatch(text, /<script>|<style|\son\w+=|https?:/, "nothing inline, nothing from elsewhere");
  });

  test("can only be read", async () => {
    for (const path of Object.keys(FILES)) {
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        const { status, headers } = await raw(vault.url, method, path);
        assert.deepEqual([status, headers.allow], [405, "GET, HEAD"], `${method} ${path}`);
      }
    }
  });

  test("hide no other path", async () => {
    const paths = { "/healthz": 200, "/jobs": 401, "/dashboard": 404, "/dashboard/": 404, "/dashboard/app.jsx": 404,
      "/_headers": 404, "/app.js": 404, "/jobs/index.html": 401, "/nope": 404, "/nope/": 404 };
    for (const [path, want] of Object.entries(paths)) {
      const navigate = { "sec-fetch-mode": "navigate", "accept": "text/html" };
      const { status, headers } = await raw(vault.url, "GET", path, navigate);
      assert.equal(status, want, path);
      assert.doesNotMatch(headers["content-type"], /html/, path);
    }
    const { status } = await vault.post(`/hook/${HOOK_TOKEN}/index.html`, '{"eventType":"failed","jobId":"1"}');
    assert.equal(status, 200);
  });

  test("stay within their size limit", () => {
    const { gzip } = dashboardSize();
    assert.ok(gzip <= MAX_GZIP_BYTES, `${gzip} bytes`);
    assert.doesNotMatch(readFileSync(`${ASSETS}/dashboard/app.js`, "utf8"), /dangerouslySetInnerHTML:|\beval\(|new Function/);
  });

  test("are not needed by the Worker", async () => {
    const { status, text } = await raw(bare.url, "GET", "/");
    assert.equal(status, 200);
    assert.match(text, /^hookvault: /);
  });
});
