// Who can enter the dashboard, who no longer can, and what they see.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { live, startBrowser } from "../support/dashboard/browser.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN, READ_TOKEN, startVault } from "../support/vault.mjs";
import { steady } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

describe("signing in to the dashboard", { skip: lacking("chromium") }, () => {
  let browser;
  let vault;
  let opened;
  before(async () => {
    browser = await startBrowser({ isOwn: true });
  });
  beforeEach(async () => {
    vault = await startVault({ vars: { READ_TOKEN }, change: await steady() });
  });
  afterEach(async () => {
    await opened?.close();
    await vault.stop();
  });
  after(() => stopAll(browser));

  const open = async (options) => {
    opened = await browser.open({ vault, token: null, ...options });
    return opened.page;
  };
  const field = (page) => page.getByLabel("API token", { exact: true });
  const signIn = async (page, token) => {
    await field(page).fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
  };

  test("accepts the token, keeps it, and forgets it", async () => {
    const page = await open();
    assert.equal(await field(page).getAttribute("type"), "password");
    await signIn(page, "a wrong token");
    await page.getByText("The Worker does not accept this token.").waitFor();
    await signIn(page, API_TOKEN);
    await live(page);
    assert.ok(!page.url().includes(API_TOKEN));
    assert.deepEqual(await page.evaluate(() => [Object.keys(localStorage), document.cookie]), [[], ""]);
    await page.reload();
    await live(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await field(page).waitFor();
    await page.reload();
    await field(page).waitFor();
    assert.equal(await page.getByRole("alert").count(), 0, "no reason: it was wished for");
    opened.clean();
  });

  test("ends with the token, and says so", async () => {
    const page = await open({ token: API_TOKEN });
    await live(page);
    await vault.restart({ API_TOKEN: "another-api-token-0123456789" });
    await page.getByText("the Worker no longer accepts the token").waitFor();
    await signIn(page, "another-api-token-0123456789");
    await live(page);
    opened.clean();
  });

  test("ends in the middle of an action", async () => {
    const page = await open({ token: API_TOKEN });
    await live(page);
    await page.route("**/stats", (route) => route.continue({ headers: { ...route.request().headers(),
      authorization: "Bearer revoked-token-0123456789" } }));
    await page.getByRole("link", { name: "Numbers" }).click();
    await page.getByText("the Worker no longer accepts the token").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem("hookvault.token")), null);
    opened.clean();
  });

  test("shows what to run while no token is set", async () => {
    await vault.restart({ API_TOKEN: null, READ_TOKEN: null, HOOK_TOKEN: null });
    const page = await open();
    await page.getByText("npx wrangler secret put API_TOKEN").waitFor();
    await page.getByText("API_TOKEN is not set").waitFor();
    await page.getByText("npx wrangler secret put HOOK_TOKEN").waitFor();
    await page.getByRole("button", { name: "Copy the command for the API token" }).click();
    const copied = await eventually("it is copied", () => page.evaluate(() => navigator.clipboard.readText()));
    assert.equal(copied, "npx wrangler secret put API_TOKEN");
    await page.route("**/whoami", (route) =>
      route.fulfill({ status: 401, json: { title: "Unauthorized", status: 401, detail: "" } }));
    await page.getByRole("button", { name: "I have set them" }).click();
    await field(page).waitFor();
    opened.clean();
  });

  test("lets the read token look, and polls for changes", async () => {
    const page = await open();
    await signIn(page, READ_TOKEN);
    await page.getByText("Read only").waitFor();
    await vault.deliver({ eventType: "failed", jobId: "seen" });
    await page.getByRole("link", { name: "seen" }).waitFor();
    opened.clean();
  });
});
