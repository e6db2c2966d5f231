// An open dashboard while the Worker goes away and comes back: it recovers, and misses nothing.
import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { live, startBrowser } from "../support/dashboard/browser.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";
import { steady } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

describe("the open dashboard", { skip: lacking("chromium") }, () => {
  let browser;
  let vault;
  let opened;
  let page;
  before(async () => (browser = await startBrowser()));
  after(() => stopAll(browser));
  beforeEach(async () => {
    vault = await startVault({ change: await steady() });
    for (const id of ["stays", "goes", "ends"]) await vault.deliver(acquired(id));
    opened = await browser.open({ vault });
    ({ page } = opened);
    await live(page);
    await shows({ stays: "acquired", goes: "acquired", ends: "acquired" });
  });
  afterEach(async () => {
    await opened.close();
    await vault.stop();
  });

  /** Waits until the wall shows exactly these jobs with these statuses. */
  const shows = (wanted) => eventually(`the wall shows ${JSON.stringify(wanted)}`, async () => {
    const now = await page.locator(".card").evaluateAll((cards) => Object.fromEntries(cards.map((card) =>
      [card.querySelector(".name").textContent, card.querySelector(".state").textContent])));
    const sorted = (object) => JSON.stringify(Object.entries(object).sort());
    return sorted(now) === sorted(wanted) || undefined;
  });

  test("recovers from a restart without a reload", async () => {
    await page.evaluate(() => (globalThis.isSame = true));
    await vault.restart();
    await page.getByText("Reconnecting…").waitFor();
    await live(page);
    await vault.deliver(told("failed", "ends", 1));
    await vault.deliver(acquired("new"));
    await shows({ stays: "acquired", goes: "acquired", ends: "failed", new: "acquired" });
    assert.ok(await page.evaluate(() => globalThis.isSame));
    opened.clean();
  });

  test("reads the list again when the feed does not know what it missed", async () => {
    let feed;
    await page.routeWebSocket(/\/live/, (socket) => {
      const server = socket.connectToServer();
      let isDeaf = false;
      server.onMessage((message) => isDeaf || socket.send(message));
      feed = { send: (message) => socket.send(JSON.stringify(message)), deafen: () => (isDeaf = true) };
    });
    await vault.restart();
    await page.getByText("Reconnecting…").waitFor();
    await live(page);
    feed.deafen();
    await vault.deliver(told("failed", "ends", 1));
    await vault.deliver(acquired("new"));
    const headers = { authorization: `Bearer ${API_TOKEN}`, connection: "close" };
    assert.equal((await fetch(`${vault.url}/jobs/goes`, { method: "DELETE", headers })).status, 204);
    vault.unwatch("goes");
    await eventually("all is listed", async () => (await vault.json("/jobs?status=failed")).jobs.length === 1 || undefined);
    feed.send({ seq: "1", resync: true });
    await shows({ stays: "acquired", ends: "failed", new: "acquired" });
    opened.clean();
  });

  test("gets what happened while it was away", async () => {
    let asked = [];
    await page.route("**/tickets", (route) => route.abort());
    page.on("websocket", (socket) => asked.push(new URL(socket.url())));
    await page.route("**/jobs?*", (route) => route.abort());
    await vault.restart();
    await page.getByText("Reconnecting…").waitFor();
    const ids = Array.from({ length: 60 }, (_, n) => `missed-${n}`);
    for (const id of ids) await vault.deliver(told("cancelled", id, 1));
    await vault.deliver(told("failed", "ends", 1));
    const headers = { authorization: `Bearer ${API_TOKEN}`, connection: "close" };
    assert.equal((await fetch(`${vault.url}/jobs/goes`, { method: "DELETE", headers })).status, 204);
    vault.unwatch("goes");
    await eventually("all is listed", async () => {
      const { jobs, status } = await vault.json("/stats");
      return (jobs === 62 && status.failed === 1) || undefined;
    });
    await page.unroute("**/tickets");
    await live(page);
    // Blocks the listing, so that everything new must come from the feed.
    await page.setViewportSize({ width: 1280, height: 6_000 });
    await shows({ stays: "acquired", ends: "failed", ...Object.fromEntries(ids.map((id) => [id, "cancelled"])) });
    assert.match(asked.at(-1).searchParams.get("after"), /^\d+$/);
    opened.clean();
  });

  test("recovers on a job's page too", async () => {
    await page.getByRole("link", { name: "ends" }).click();
    await page.getByRole("heading", { name: "ends", level: 1 }).waitFor();
    await vault.restart();
    await vault.deliver(told("failed", "ends", 1, { error: "out of memory" }));
    await page.locator(".head .status-failed").waitFor();
    await page.getByText("out of memory").first().waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
    opened.clean();
  });

  test("comes back when the machine is online again", async () => {
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Numbers" }).click();
    await page.getByText("the Worker can't be reached", { exact: false }).waitFor();
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".tile").first().waitFor();
    opened.clean();
  });

  test("does not move a reader who is further down", async () => {
    await Promise.all(Array.from({ length: 80 }, (_, n) => vault.deliver(told("failed", `old-${n}`, 1))));
    const height = async () => /height: (\d+)/.exec(await page.getByRole("feed").getAttribute("style"))?.[1];
    await eventually("all are there", async () => (await height()) > 4_000 || undefined);
    await page.evaluate(() => scrollTo(0, 1_500));
    await page.waitForFunction(() => scrollY > 1_400);
    const here = () => page.evaluate(() =>
      document.elementFromPoint(300, 400)?.closest(".card")?.querySelector(".name").textContent);
    const before = await eventually("a card is there", here);
    await vault.deliver(acquired("fresh"));
    // On a slow machine some of the other jobs arrive this late too.
    const news = page.getByRole("button", { name: /^\d+ new jobs?$/ });
    await news.waitFor();
    assert.equal(await here(), before);
    await news.click();
    await page.getByRole("link", { name: "fresh" }).waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
    opened.clean();
  });
});
