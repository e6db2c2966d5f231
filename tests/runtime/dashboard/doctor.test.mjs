// The dashboard of a vault that is new, or in which something is wrong.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { live, startBrowser } from "../support/dashboard/browser.mjs";
import { run } from "../support/bytes.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { HOOK_TOKEN, startVault } from "../support/vault.mjs";
import { steady } from "../support/vaults/served.mjs";

describe("the dashboard of a new vault", { skip: lacking("chromium", "curl") }, () => {
  let browser;
  let vault;
  let opened;
  before(async () => {
    vault = await startVault({ change: await steady() });
    browser = await startBrowser();
  });
  afterEach(() => opened?.close());
  after(() => stopAll(browser, vault));

  const open = async (at) => {
    opened = await browser.open({ vault, at });
    return opened.page;
  };

  test("shows the command for the first delivery, and then its job", async () => {
    const page = await open();
    await live(page);
    const command = await page.getByLabel("the command that delivers", { exact: true }).textContent();
    assert.ok(!command.includes(HOOK_TOKEN));
    assert.equal(await page.getByLabel("the webhook's URL", { exact: true }).textContent(), `${vault.url}/hook/$HOOK_TOKEN`);
    vault.watch("my-first-job");
    const env = { ...process.env, HOOK_TOKEN, NO_PROXY: "127.0.0.1" };
    const { stdout } = await run("sh", ["-c", command.replace("curl", "curl -sS")], { env });
    assert.equal(JSON.parse(stdout).id, "my-first-job");
    await page.getByRole("link", { name: "my-first-job" }).waitFor();
    const headers = { authorization: "Bearer test-api-token-0123456789" };
    await fetch(`${vault.url}/jobs/my-first-job`, { method: "DELETE", headers });
    vault.unwatch("my-first-job");
    await page.getByText("No job yet").waitFor();
    opened.clean();
  });

  test("sends a test delivery through the public webhook", async () => {
    const page = await open();
    await live(page);
    const hook = page.waitForRequest((request) => request.url().includes("/hook/"));
    await page.getByRole("button", { name: "Send a test delivery" }).click();
    const sent = await hook;
    assert.match(sent.url(), /\/hook\/r_selftest-[0-9a-f]+\.[0-9a-f]+$/);
    assert.equal(sent.headers().authorization, undefined, "the capability alone opens it");
    const link = page.locator(".card .name");
    await link.waitFor();
    const id = await link.textContent();
    vault.watch(id);
    await page.waitForFunction(() => document.querySelector(".card img")?.naturalWidth === 640);
    const { files: [file] } = await vault.settled(id);
    assert.deepEqual([file.state, file.contentType], ["stored", "image/png"]);
    assert.ok(file.size > 1_024, `${file.size} bytes`);
    await link.click();
    await page.getByRole("button", { name: "Enlarge" }).waitFor();
    opened.clean();
  });

  test("shows what the doctor finds, the worst first, and how to fix it", async () => {
    const page = await open("#/doctor");
    await page.locator(".verdict").waitFor();
    const { checks } = await vault.json("/doctor");
    assert.equal(await page.locator(".finding").count(), checks.length);
    await page.getByRole("button", { name: "Send a test delivery" }).waitFor();
    for (const { name, fix } of checks.filter(({ fix }) => fix)) {
      const shown = await page.locator(".finding", { hasText: name }).first().textContent();
      for (const word of fix.replaceAll(/[`:]/g, "").split(/\s+/)) assert.ok(shown.includes(word), `${name}: ${word}`);
    }
    await vault.restart({ PUBLIC_URL: "no url", HOOK_TOKEN: null });
    await page.getByRole("button", { name: "Refresh" }).click();
    const worst = page.locator(".finding-fail", { hasText: "HOOK_TOKEN" }).first();
    await worst.waitFor();
    await worst.getByText("npx wrangler secret put HOOK_TOKEN", { exact: true }).waitFor();
    const order = await page.locator(".finding").evaluateAll((all) =>
      all.map(({ className }) => /finding-(\w+)/.exec(className)[1]));
    const rank = { fail: 0, warn: 1, ok: 2 };
    assert.deepEqual(order, [...order].sort((one, other) => rank[one] - rank[other]));
    assert.equal(await page.getByRole("button", { name: "Send a test delivery" }).count(), 0);
    vault.expectErrors(/PUBLIC_URL|HOOK_TOKEN/);
    opened.clean();
  });
});
