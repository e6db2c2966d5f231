// Every page of the dashboard in both themes, on a phone and on a wide screen, must be accessible.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { accessible, live } from "../support/dashboard/browser.mjs";
import { startDashboard } from "../support/dashboard/start.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { startVault } from "../support/vault.mjs";

/** Each page, and a selector that shows that it is complete. */
const PAGES = { "#/": ".card img", "#/?status=failed": ".card", "#/?tag=draft&archive=stored": ".card img",
  "#/?q=none": ".nothing", "#/jobs/film": ".stage video", "#/jobs/image": ".zoom img", "#/jobs/held": ".head .timer",
  "#/jobs/bad": ".json", "#/jobs/never": ".narrow", "#/unmatched": ".rows li", "#/refused": ".rows li",
  "#/numbers": ".tile", "#/doctor": ".finding", "#/nope": ".narrow" };

describe("the dashboard", { skip: lacking("chromium", "ffmpeg") }, () => {
  let browser, origin, vault, works;
  let empty;
  let opened;
  before(async () => {
    ({ browser, origin, vault, works } = await startDashboard({ hasWorks: true }));
    empty = await startVault();
    await vault.deliver(works.video(origin, "film"),
      { query: "?app=wan22-fast-t2v&tag=draft", reference: `order-${"7".repeat(60)}` });
    await vault.deliver(works.image(origin, "image"));
    const now = Date.now();
    await vault.deliver({ ...acquired("held"), acquiredAt: now, leaseExpiry: now + 3_600_000 });
    await vault.deliver(told("failed", "bad", 1, { error: { message: "CUDA out of memory" } }));
    for (const id of ["film", "image"]) await vault.settled(id);
    await vault.deliver({ eventType: "failed" });
    await vault.post("/hook/wrong-token-0123456789", "{}");
  });
  afterEach(() => opened?.close());
  after(() => stopAll(browser, vault, empty, origin));

  for (const colorScheme of ["light", "dark"]) {
    test(`passes axe-core's checks, ${colorScheme}`, async () => {
      opened = await browser.open({ vault, context: { colorScheme, reducedMotion: "reduce" } });
      const { page } = opened;
      for (const [at, sign] of Object.entries(PAGES)) {
        await page.goto(`${vault.url}/${at}`);
        await page.locator(sign).first().waitFor();
        await accessible(page, at);
      }
      await page.goto(`${vault.url}/#/?tag=draft`);
      await page.getByLabel("Created").selectOption("own");
      await accessible(page, "the filters");
      await page.goto(`${vault.url}/#/jobs/image`);
      for (const name of ["Share", "Delete", "Enlarge"]) {
        await page.getByRole("button", { name }).click();
        if (name === "Share") await page.getByRole("button", { name: "Make a link" }).click();
        await page.getByRole("dialog").waitFor();
        await accessible(page, name);
        await page.keyboard.press("Escape");
      }
      await page.goto(`${empty.url}/#/`);
      await page.getByText("No job yet").waitFor();
      await accessible(page, "the empty wall");
      await page.getByRole("button", { name: "Sign out" }).click();
      await accessible(page, "signing in");
      await page.route("**/whoami", (route) => route.fulfill({ status: 503,
        json: { title: "Not configured", code: "not-configured", status: 503, detail: "API_TOKEN is not set; set it" } }));
      await page.reload();
      await page.getByText("Almost there").waitFor();
      await accessible(page, "setting up");
      opened.clean();
    });
  }

  test("uses the system's theme, or the chosen one, and keeps it", async () => {
    opened = await browser.open({ vault, context: { colorScheme: "dark" } });
    const { page } = opened;
    const isDark = () => page.evaluate(() => {
      const [red] = /\d+/.exec(getComputedStyle(document.body).backgroundColor);
      return Number(red) < 128;
    });
    assert.equal(await isDark(), true);
    await page.emulateMedia({ colorScheme: "light" });
    assert.equal(await isDark(), false);
    await page.getByRole("button", { name: /change to light/ }).click();
    await page.getByRole("button", { name: /change to dark/ }).click();
    assert.equal(await isDark(), true);
    await page.reload();
    assert.equal(await isDark(), true);
    await page.getByRole("button", { name: /change to auto/ }).click();
    assert.equal(await isDark(), false);
    opened.clean();
  });

  test("passes axe-core's checks on a phone", async () => {
    opened = await browser.open({ vault, context: { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true } });
    const { page } = opened;
    for (const [at, sign] of Object.entries(PAGES)) {
      await page.goto(`${vault.url}/${at}`);
      await page.locator(sign).first().waitFor();
      await accessible(page, at);
    }
    opened.clean();
  });

  test("can be used by the keyboard alone", async () => {
    opened = await browser.open({ vault });
    const { page } = opened;
    await live(page);
    await page.locator(".card").first().waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.name), "q");
    const names = await page.locator(".card .name").allTextContents();
    for (let steps = 0; steps < 12; steps += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.className) === "name") break;
    }
    assert.equal(await page.evaluate(() => document.activeElement.textContent), names[0]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: names[0] }).waitFor();
    opened.clean();
  });
});
