// A reader sees everything, and no button that would be refused.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { fillStandings } from "../support/dashboard/standings.mjs";
import { startDashboard } from "../support/dashboard/start.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN, READ_TOKEN } from "../support/vault.mjs";

/** The pages with actions, and a selector that shows that each is complete. */
const PAGES = { "#/": ".card", "#/unmatched": ".rows li", "#/refused": ".rows li", "#/numbers": ".tile", "#/doctor": ".finding",
  ...Object.fromEntries(["previews-1", "elsewhere", "led-elsewhere", "forbidden", "dead", "half", "failed", "silent"]
    .map((id) => [`#/jobs/${id}`, ".event"])) };
const ACTIONS = /^(Copy again|Hand off again|Ask the queue|Share|Delete|Assign|Drop|Send a test delivery)/;

describe("the read token", { skip: lacking("chromium", "ffmpeg") }, () => {
  let browser, origin, vault;
  let opened;
  before(async () => {
    let works;
    const vars = { READ_TOKEN, RETRY_BASE_MS: "2000" };
    ({ browser, origin, vault, works } = await startDashboard({ hasWorks: true, isOwn: true, vars }));
    vault.leaveWork();
    await fillStandings(vault, origin, works);
  });
  afterEach(() => opened?.close());
  after(() => stopAll(browser, vault, origin));

  const open = async (token) => {
    opened = await browser.open({ vault, token });
    await opened.page.locator(token === READ_TOKEN ? ".live-off" : ".live-live").waitFor();
    return opened.page;
  };
  const visit = async (page, at) => {
    await page.goto(`${vault.url}/${at}`);
    await page.locator(PAGES[at]).first().waitFor();
  };
  const buttons = (page) => page.locator("main button:visible");

  test("shows no button that would be refused", async () => {
    const page = await open(READ_TOKEN);
    const refused = [];
    page.on("response", (response) => [401, 403].includes(response.status())
      && refused.push(`${response.request().method()} ${response.url()}`));
    let pressed = 0;
    for (const at of Object.keys(PAGES)) {
      await visit(page, at);
      for (let n = 0; n < Math.min(await buttons(page).count(), 12); n += 1) {
        const name = await buttons(page).nth(n).textContent();
        assert.doesNotMatch(name, ACTIONS, at);
        await buttons(page).nth(n).click();
        await page.keyboard.press("Escape");
        pressed += 1;
      }
    }
    assert.ok(pressed > 40, `${pressed} buttons`);
    assert.deepEqual(refused, []);
    await page.route("**/jobs?*", (route) => route.fulfill({ json: { jobs: [], cursor: null } }));
    await page.goto(`${vault.url}/#/`);
    await page.reload();
    await page.getByText("No job yet").waitFor();
    await page.locator(".live-off").waitFor();
    assert.equal(await page.getByRole("button", { name: ACTIONS }).count(), 0);
    opened.clean();
  });

  test("sees that it may only read, and gets its own commands", async () => {
    const page = await open(READ_TOKEN);
    await visit(page, "#/unmatched");
    await page.getByText("To assign or drop them, sign in with the API token.").waitFor();
    await visit(page, "#/jobs/failed");
    await page.getByRole("button", { name: "Copy the record's curl" }).click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /Bearer \$READ_TOKEN/);
    opened.clean();
  });

  test("lacks buttons that the API token shows", async () => {
    const page = await open(API_TOKEN);
    const seen = new Set();
    for (const at of Object.keys(PAGES)) {
      await visit(page, at);
      for (const name of await buttons(page).allTextContents()) if (ACTIONS.test(name)) seen.add(name);
    }
    for (const name of ["Copy again", "Share", "Delete", "Assign", "Drop"]) assert.ok(seen.has(name), `${name} in ${[...seen]}`);
    opened.clean();
  });
});
