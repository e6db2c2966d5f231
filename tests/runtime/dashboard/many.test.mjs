// The wall with 2,000 jobs: scrolling finds all of them, and stays smooth.
import assert from "node:assert/strict";
import { readFileSync, statfsSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { live } from "../support/dashboard/browser.mjs";
import { startDashboard } from "../support/dashboard/start.mjs";
import { told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { eventually } from "../support/wait.mjs";

const JOBS = 2_000;
const AT_ONCE = 50;
const LABELS = "?app=wan22-fast-t2v&tag=draft";
/** The bytes that their objects take, with some to spare. */
const ROOM = 1024 ** 3;
/** The pixels that are scrolled in a frame: a quick flick of the finger. */
const STEP_PX = 400;
/**
 * The most time for a step, as a part of the time to count to 500 million. That is about 60 ms on a machine that is a
 * few years old.
 */
const PART = 1 / 25;

describe(`the wall with ${JOBS} jobs`, { skip: lacking("chromium", "ffmpeg"), timeout: 1_200_000 }, () => {
  let browser, origin, vault;
  let opened;
  let page;
  before(async () => {
    keepInMemory();
    let works;
    ({ browser, origin, vault, works } = await startDashboard({ hasWorks: true, isOwn: true }));
    for (let n = 0; n < JOBS; n += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, m) => {
        const id = `j${n + m}`;
        // Some jobs have pictures, as real ones do. `stop()` checks only these.
        if (m === 0) return vault.deliver(works.image(origin, id), { query: LABELS });
        const body = told(m % 3 ? "failed" : "cancelled", id, 1, { queueName: "free" });
        return vault.post(vault.hookUrl() + LABELS, JSON.stringify(body)).then((answer) => answer.arrayBuffer());
      }));
    }
    await eventually("all are listed", async () => (await vault.json("/stats")).jobs === JOBS || undefined);
  });
  after(() => stopAll(browser, vault, origin));
  beforeEach(async () => {
    opened = await browser.open({ vault, script: ownFrames });
    ({ page } = opened);
    await live(page);
    await page.locator(".card").first().waitFor();
  });
  afterEach(async () => {
    await opened.close();
    opened.clean();
  });

  /** Delivers one more job, and waits until the page announces it to a reader who has scrolled down. */
  const deliverTo = async (id) => {
    await vault.deliver(told("failed", id, 1));
    await page.getByRole("button", { name: "1 new job" }).waitFor();
  };

  /** Scrolls by `step` in each frame to the present end, and returns what was visible on the way. */
  const scroll = (step) => page.evaluate(async (px) => {
    const names = new Set();
    let [most, frames, still] = [0, 0, 0];
    while (still < 30) {
      await globalThis.step(px);
      const cards = document.querySelectorAll(".card .name");
      for (const card of cards) names.add(card.textContent);
      most = Math.max(most, cards.length);
      frames += 1;
      const atEnd = px > 0 ? scrollY + innerHeight >= document.documentElement.scrollHeight - 1 : scrollY <= 0;
      still = atEnd ? still + 1 : 0;
    }
    return { names: names.size, most, frames };
  }, step);

  test("shows each of them, with few in the page at a time", async (t) => {
    const { names, most } = await scroll(STEP_PX);
    await eventually("the last page is there", async () => {
      await scroll(STEP_PX);
      return (await page.locator(".card").last().getAttribute("aria-setsize")) === String(JOBS) || undefined;
    });
    await page.getByRole("link", { name: "j0", exact: true }).waitFor();
    t.diagnostic(`${names} seen on the way down, at most ${most} cards at a time`);
    assert.ok(most < 80, `${most} cards`);
    const up = await scroll(-STEP_PX);
    assert.equal(up.names, JOBS, "each is seen on the way up");
  });

  test("scrolls without a long task", async (t) => {
    const { thread, took } = await mainThread(browser.chromium, () => page.evaluate(() => {
      let hash = 0;
      for (let n = 0; n < 500_000_000; n += 1) hash = (hash * 31 + n) | 0;
      return hash;
    }));
    const costs = [];
    for (let isEnd = false; !isEnd; ) {
      const before = processorTime(thread);
      isEnd = await page.evaluate(async (px) => {
        await globalThis.step(px);
        return scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
      }, STEP_PX);
      costs.push(processorTime(thread) - before);
    }
    costs.sort((one, other) => other - one);
    t.diagnostic(`${costs.length} steps; the dearest took ${costs.slice(0, 3).map((ms) => ms.toFixed(1))} ms of the processor, of `
      + `${(took * PART).toFixed(0)}`);
    assert.ok(costs.length > 50, "it was scrolled");
    assert.deepEqual(costs.filter((ms) => ms > took * PART), []);
  });

  test("leads back to where the reader was", async () => {
    await scroll(STEP_PX);
    await page.evaluate(() => globalThis.step(20_000 - scrollY));
    await deliverTo("back");
    const link = page.locator(".card .name").nth(20);
    await eventually("it is there", () => page.evaluate(() => scrollY === 20_000 || undefined));
    const name = await link.textContent();
    await page.getByRole("link", { name, exact: true }).evaluate((element) => element.click());
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
    await page.goBack();
    await page.getByRole("link", { name, exact: true }).waitFor();
    assert.equal(await page.evaluate(() => scrollY), 20_000);
    await page.getByRole("button", { name: "1 new job" }).waitFor();
  });

  test("puts new jobs on top, and applies a filter at once", async () => {
    const id = "newest";
    await page.evaluate(() => globalThis.step(2_000 - scrollY));
    await deliverTo(id);
    await page.getByRole("button", { name: "1 new job" }).evaluate((element) => element.click());
    await page.getByRole("link", { name: id, exact: true }).waitFor();
    await page.getByLabel("Id or reference begins with").fill("j1999");
    await eventually("one is left", async () => (await page.locator(".card").count()) === 1 || undefined);
  });
});

/**
 * Runs in the page: draws frames by a timer. Chromium's own frames stop at times while a page is scrolled fast (version
 * 156), because its compositor waits forever for a tile. The page's scripts and layout go on, and the test checks only
 * these.
 */
function ownFrames() {
  globalThis.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 8);
  globalThis.cancelAnimationFrame = clearTimeout;
  /** Scrolls, and resolves when the page has drawn the new position. */
  globalThis.step = async (px) => {
    scrollBy(0, px);
    dispatchEvent(new Event("scroll"));
    await new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve));
  };
}

/** Uses memory: each object is a file of its own, and a disk needs minutes for so many. */
function keepInMemory() {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize > ROOM) process.env.TMPDIR = "/dev/shm";
  } catch {
    // Without this folder, the test takes longer.
  }
}

/**
 * Returns the process with the page's main thread, which is the browser's process that `work` keeps busiest, and for
 * how long.
 */
async function mainThread(chromium, work) {
  const session = await chromium.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => ({ id, before: processorTime(id) }));
  await work();
  const [{ thread, took }] = renderers.map(({ id, before }) => ({ thread: id, took: processorTime(id) - before }))
    .sort((one, other) => other.took - one.took);
  assert.ok(took > 200, "what takes long is measured as that");
  return { thread, took };
}

/**
 * Returns the CPU time of a process's main thread, in ms. CPU time, because waiting for another program is not the
 * page's fault.
 */
const processorTime = (id) => Number(readFileSync(`/proc/${id}/task/${id}/schedstat`, "utf8").split(" ")[0]) / 1e6;
