// The dashboard's wall shows what happens as it happens, and finds it again.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { live } from "../support/dashboard/browser.mjs";
import { startDashboard } from "../support/dashboard/start.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { eventually } from "../support/wait.mjs";

describe("the wall", { skip: lacking("chromium", "ffmpeg") }, () => {
  let browser, origin, vault, works;
  let opened;
  before(async () => ({ browser, origin, vault, works } = await startDashboard({ hasWorks: true })));
  afterEach(() => opened?.close());
  after(() => stopAll(browser, vault, origin));

  const open = async (options) => {
    opened = await browser.open({ vault, ...options });
    await live(opened.page);
    return opened.page;
  };
  const card = (page, id) => page.locator(".card", { has: page.getByRole("link", { name: id, exact: true }) });
  const ids = (page) => page.locator(".card .name").allTextContents();
  const shows = (page, wanted) => eventually(`the wall shows ${wanted}`, async () => {
    const now = await ids(page);
    return JSON.stringify([...now].sort()) === JSON.stringify([...wanted].sort()) || undefined;
  });

  test("shows a new job and each of its changes within a second", async () => {
    const page = await open();
    await page.getByText("No job yet").waitFor();
    await page.evaluate(() => {
      globalThis.seen = {};
      new MutationObserver(() => {
        for (const one of document.querySelectorAll(".card")) {
          const key = [one.querySelector(".name"), ...one.querySelectorAll(".state")].map((part) => part.textContent).join(" ");
          globalThis.seen[key] ??= Date.now();
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    const seen = (key) => eventually(key, () => page.evaluate((name) => globalThis.seen[name], key));
    const delays = { acquired: [], failed: [] };
    for (const id of ["l1", "l2", "l3"]) {
      for (const [body, status] of [[acquired(id), "acquired"], [told("failed", id, 1), "failed"]]) {
        const begun = Date.now();
        await vault.deliver(body);
        delays[status].push((await seen(`${id} ${status}`)) - begun);
      }
    }
    // The machine may be busy once, but not each time.
    for (const [status, all] of Object.entries(delays)) assert.ok(Math.min(...all) < 1_000, `${status}: ${all} ms`);
    await vault.deliver(works.image(origin, "l4"));
    await card(page, "l4").getByText("stored").waitFor();
    assert.equal((await ids(page))[0], "l4", "the newest first");
    await page.waitForFunction(() => document.querySelector(".card img")?.naturalWidth === 640);
    opened.clean();
  });

  test("counts a lease down", async () => {
    const page = await open();
    const now = Date.now();
    await vault.deliver({ ...acquired("lease"), acquiredAt: now, updatedAt: now, leaseExpiry: now + 45_000 });
    const timer = card(page, "lease").getByRole("timer");
    const left = async () => Number(/0:(\d\d)/.exec(await timer.textContent())[1]);
    const first = await left();
    assert.ok(first > 20 && first <= 45, `${first} s`);
    await eventually("it has gone on", async () => (await left()) < first || undefined);
    const width = () => timer.locator(".bar > span").evaluate((bar) => Number(/scaleX\((.+)\)/.exec(bar.style.transform)[1]));
    assert.ok((await width()) < 1);
    await vault.deliver(told("cancelled", "lease", undefined, { updatedAt: now + 1 }));
    await timer.waitFor({ state: "detached" });
    opened.clean();
  });

  test("shrinks a bar while a file waits to be copied", async () => {
    const page = await open();
    origin.on("/slow.mp4", (response) => response.writeHead(503).end());
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    await vault.deliver({ eventType: "completed", jobId: "slow", video: {
      data_uri: `${origin.url}/slow.mp4?X-Amz-Date=${date}&X-Amz-Expires=3600&X-Amz-Signature=1` } });
    const timer = card(page, "slow").getByRole("timer");
    await timer.waitFor();
    const told = () => timer.locator(".digits").textContent();
    assert.match(await told(), /^(59:\d\d|1:00:00)$/);
    const first = await told();
    await eventually("it has gone on", async () => (await told()) !== first || undefined);
    works.put(origin, "/slow.mp4", works.bytes.clip, "video/mp4");
    await card(page, "slow").getByText("stored").waitFor();
    opened.clean();
  });

  test("plays a video under the pointer, and its previews", async () => {
    await vault.deliver(works.video(origin, "film"));
    await vault.settled("film");
    const page = await open();
    const film = card(page, "film");
    await film.locator(".picture > img").waitFor();
    await film.hover();
    await film.locator("video").waitFor();
    await eventually("it plays", async () =>
      (await film.locator("video").evaluate((video) => video.currentTime > 0.2 && !video.paused && video.muted)) || undefined);
    const strip = film.locator(".strip");
    await strip.waitFor();
    assert.equal(await strip.locator("img").count(), 4);
    const box = await strip.boundingBox();
    await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2);
    await page.waitForFunction(() => /preview_002/.test(document.querySelector(".frame")?.src));
    await page.mouse.move(5, 5);
    await film.locator("video").waitFor({ state: "detached" });
    opened.clean();
  });

  test("shows the jobs that match the filter in the address", async () => {
    await vault.deliver(acquired("f-held"), { query: "?app=flux&tag=draft", reference: "order-9" });
    await vault.deliver(told("failed", "f-bad", 1), { query: "?tag=draft" });
    const page = await open();
    await page.getByLabel("Id or reference begins with").fill("f-");
    await shows(page, ["f-held", "f-bad"]);
    await page.getByRole("button", { name: "failed", exact: true }).click();
    await shows(page, ["f-bad"]);
    assert.match(page.url(), /#\/\?q=f-&status=failed$/);
    await page.reload();
    await shows(page, ["f-bad"]);
    await vault.deliver(told("failed", "other", 1));
    await vault.deliver(told("failed", "f-new", 1));
    await shows(page, ["f-bad", "f-new"]);
    await page.getByRole("link", { name: "f-new" }).click();
    await page.locator(".back").click();
    await shows(page, ["f-bad", "f-new"]);
    await page.getByRole("button", { name: "failed", exact: true }).click();
    await shows(page, ["f-held", "f-bad", "f-new"]);
    await page.getByRole("button", { name: "acquired", exact: true }).click();
    await shows(page, ["f-held"]);
    await vault.deliver(told("failed", "f-held", 1));
    await shows(page, []);
    await page.getByText("No job matches").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByText("Filters").click();
    await page.getByLabel("Tag").fill("draft");
    await shows(page, ["f-held", "f-bad"]);
    await page.getByLabel("Application").fill("flux");
    await shows(page, ["f-held"]);
    await page.getByLabel("Id or reference begins with").fill("order-");
    await shows(page, ["f-held"]);
    await page.getByLabel("Created").selectOption("1h");
    await shows(page, ["f-held"]);
    assert.deepEqual(new URLSearchParams(page.url().split("?")[1]).get("range"), "1h");
    await page.goto(`${vault.url}/#/?archive=stored&until=2020-01-01T00:00:00Z`);
    await shows(page, []);
    await page.goto(`${vault.url}/#/?archive=stored&queue=free&since=2020-01-01T00:00:00Z`);
    await shows(page, ["film", "l4"]);
    await page.goto(`${vault.url}/#/?q=a%20b`);
    await page.getByRole("alert").getByText("`q` is").waitFor();
    opened.clean();
  });

  test("applies a filter that is chosen while another is being typed, and drops text that a link leaves behind", async () => {
    const page = await open();
    const field = page.getByLabel("Id or reference begins with");
    const params = () => Object.fromEntries(new URLSearchParams(page.url().split("?")[1]));
    await page.getByText("Filters").click();
    await field.fill("f-");
    await page.getByLabel("Created").selectOption("7d");
    await eventually("both count", async () => params().q || undefined);
    assert.deepEqual(params(), { q: "f-", range: "7d" });
    await field.fill("l");
    await page.goto(`${vault.url}/#/?status=cancelled`);
    await shows(page, ["lease"]);
    await eventually("the field is as the address says", async () => (await field.inputValue()) === "" || undefined);
    await page.waitForTimeout(400);
    assert.deepEqual(params(), { status: "cancelled" });
    opened.clean();
  });

  test("can be used by the keyboard", async () => {
    const page = await open();
    const newest = page.locator(".card .name").first();
    await newest.focus();
    const here = () => page.evaluate(() => document.activeElement.textContent);
    const list = await ids(page);
    await page.keyboard.press("ArrowRight");
    assert.equal(await here(), list[1]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await here(), list[0]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: list[0], level: 1 }).waitFor();
    await page.goBack();
    await live(page);
    opened.clean();
  });
});
