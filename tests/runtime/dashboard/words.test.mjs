// What the pages say about one, about none, and about more than is counted.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../support/dashboard/browser.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

describe("the dashboard's words", { skip: lacking("chromium") }, () => {
  let browser;
  let vault;
  before(async () => {
    vault = await startVault();
    browser = await startBrowser();
  });
  after(() => stopAll(browser, vault));

  async function shown(t, at, sign, json) {
    const { page, clean, close } = await browser.open({ vault });
    t.after(close);
    for (const [path, answer] of Object.entries(json)) {
      await page.route(`**${path}`, (route) => (route.request().resourceType() === "document" ? route.fallback() : route.fulfill({ json: answer })));
    }
    await page.goto(`${vault.url}/#/${at}`);
    await page.locator(sign).first().waitFor();
    const text = await page.locator("main").innerText();
    clean();
    return text;
  }

  test("one refused delivery is counted in the singular, and two in the plural", async (t) => {
    const row = { at: Date.now(), status: 401, reason: "no", bytes: 2, more: 0, userAgent: null };
    for (const [rows, total, words] of [[1, 1, "1 was refused:"], [2, 2, "2 were refused:"], [2, 70, "The newest 2 of 70 that were refused:"]]) {
      const refused = Array.from({ length: rows }, () => row);
      assert.ok((await shown(t, "refused", ".rows li", { "/refused": { refused, total } })).includes(words), words);
    }
  });

  test("one finding is counted in the singular", async (t) => {
    const check = { name: "r2", status: "ok", detail: "written", fix: null, ms: 1 };
    const checks = [{ ...check, name: "lost", status: "warn" }, check];
    assert.match(await shown(t, "doctor", ".finding", { "/doctor": { ok: true, checks } }), /1 of 2 needs a look\./);
  });

  test("without files to copy there is no oldest file", async (t) => {
    assert.doesNotMatch(await shown(t, "numbers", ".tile", {}), /the oldest/);
  });

  test("a delivery whose sender broke off is shown as such", async (t) => {
    const { hostname, port } = new URL(vault.url);
    const path = new URL(vault.hookUrl()).pathname;
    const socket = connect(port, hostname, () =>
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"a":`, () => socket.destroySoon()));
    await eventually("it is listed", async () => (await vault.json("/refused")).total === 1 || undefined);
    assert.match(await shown(t, "refused", ".rows li", {}), /503[\s\S]*the body ended early/);
  });

  test("outputs beyond those that a record lists are counted", async (t) => {
    const videos = Array.from({ length: 60 }, (_, n) => `https://videos.elsewhere.example/${n}.mp4`);
    await vault.deliver({ eventType: "completed", jobId: "elsewhere", videos });
    assert.match(await shown(t, "jobs/elsewhere", ".trouble-list", {}), /At least 50 outputs are on a host that is not allowed/);
  });
});
