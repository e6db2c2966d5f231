// The wall with 5,000 jobs: all are found by scrolling, and scrolling stays smooth.
import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { after, before, describe } from "node:test";
import { live } from "./support/browser.mjs";
import { told } from "./support/deliveries.mjs";
import { testOfFrames } from "./support/frames.mjs";
import { startOrigin } from "./support/origin.mjs";
import { stopAll } from "./support/stop.mjs";
import { lacking } from "./support/tools.mjs";
import { startVault } from "./support/vault.mjs";
import { eventually } from "./support/wait.mjs";
import { makeWorks } from "./support/works.mjs";

const JOBS = 5_000;
const AT_ONCE = 50;
const LABELS = "?app=wan22-fast-t2v&tag=draft";
/** What their objects take, with some to spare. */
const ROOM = 1024 ** 3;
/** What is scrolled a frame: a quick flick of the finger. */
const STEP_PX = 400;
/** More than this at once is felt (web.dev's "long task"). */
const LONG_MS = 50;

describe(`the wall with ${JOBS} jobs`, { skip: lacking("chromium", "ffmpeg"), timeout: 1_200_000 }, () => {
  let origin;
  let vault;
  before(async () => {
    keepInMemory();
    origin = await startOrigin();
    vault = await startVault({ sources: origin.url });
    const works = await makeWorks();
    for (let n = 0; n < JOBS; n += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, m) => {
        const id = `j${n + m}`;
        // Some have pictures, as real ones do. The vault's end looks after those alone.
        if (m === 0) return vault.deliver(works.image(origin, id), { query: LABELS });
        const body = told(m % 3 ? "failed" : "cancelled", id, 1, { queueName: "free" });
        return vault.post(vault.hookUrl() + LABELS, JSON.stringify(body)).then((answer) => answer.arrayBuffer());
      }));
    }
    await eventually("all are listed", async () => (await vault.json("/stats")).jobs === JOBS || undefined);
  });
  after(() => stopAll(vault, origin));

  const open = async (browser) => {
    const opened = await browser.open({ vault });
    await live(opened.page);
    await opened.page.locator(".card").first().waitFor();
    return { ...opened, browser };
  };
  const testWall = (name, look) => testOfFrames(name, open, look);

  /** What each task of the page took while `work` was done. */
  const measured = async ({ page, browser: { chromium } }, work) => {
    await chromium.startTracing(page, { categories: ["toplevel", "__metadata"] });
    await work();
    return tasks(JSON.parse(String(await chromium.stopTracing())).traceEvents);
  };

  /** Delivers one more job, which the page tells of to who is further down. */
  const deliverTo = async (page, id) => {
    await vault.deliver(told("failed", id, 1));
    await page.getByRole("button", { name: "1 new job" }).waitFor();
  };

  /** Scrolls by `step` each frame to the end, as far as there is one now; what was in sight on the way. */
  const scroll = (page, step) => page.evaluate(async (px) => {
    const names = new Set();
    let [most, frames, still] = [0, 0, 0];
    while (still < 30) {
      scrollBy(0, px);
      await globalThis.frame();
      const cards = document.querySelectorAll(".card .name");
      for (const card of cards) names.add(card.textContent);
      most = Math.max(most, cards.length);
      frames += 1;
      const atEnd = px > 0 ? scrollY + innerHeight >= document.documentElement.scrollHeight - 1 : scrollY <= 0;
      still = atEnd ? still + 1 : 0;
    }
    return { names: names.size, most, frames };
  }, step);

  testWall("leads to each of them, with few in the page at a time", async ({ page }, t) => {
    const { names, most } = await scroll(page, STEP_PX);
    await eventually("the last page is there", async () => {
      await scroll(page, STEP_PX);
      return (await page.locator(".card").last().getAttribute("aria-setsize")) === String(JOBS) || undefined;
    });
    await page.getByRole("link", { name: "j0", exact: true }).waitFor();
    t.diagnostic(`${names} seen on the way down, at most ${most} cards at a time`);
    assert.ok(most < 80, `${most} cards`);
    const up = await scroll(page, -STEP_PX);
    assert.equal(up.names, JOBS, "each is seen on the way up");
  });

  testWall("scrolls without a long task", async (opened, t, turn) => {
    const { page } = opened;
    const before = await page.evaluate(() => {
      globalThis.long = [];
      new PerformanceObserver((list) => globalThis.long.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: "longtask" });
      return scrollY;
    });
    assert.equal(before, 0);
    // Counted, not timed: a busy machine gives the page but a part of each second.
    const slow = await measured(opened, () => page.evaluate(() => {
      let hash = 0;
      for (let n = 0; n < 500_000_000; n += 1) hash = (hash * 31 + n) | 0;
      return hash;
    }));
    assert.ok(slow.at(-1) > LONG_MS, "a long task is measured as one");
    await page.evaluate(() => globalThis.long.splice(0));
    let frames;
    const costs = await measured(opened, async () => {
      ({ frames } = await scroll(page, STEP_PX));
      await deliverTo(page, `long-${turn}`);
    });
    const observed = await page.evaluate(() => globalThis.long);
    t.diagnostic(`${frames} frames; the dearest task took ${costs.at(-1).toFixed(1)} ms of the processor; `
      + `on the clock ${observed.length} were over ${LONG_MS} ms: ${observed.map(Math.round)}`);
    assert.ok(costs.length > frames, "the trace holds the page's tasks");
    // By the processor's time: a task that has to wait for another program is not the page's fault.
    assert.deepEqual(costs.filter((cost) => cost > LONG_MS), []);
  });

  testWall("leads back to where the reader was", async ({ page }, t, turn) => {
    await scroll(page, STEP_PX);
    await page.evaluate(() => scrollTo(0, 60_000));
    await deliverTo(page, `back-${turn}`);
    const link = page.locator(".card .name").nth(20);
    await eventually("it is there", () => page.evaluate(() => scrollY === 60_000 || undefined));
    const name = await link.textContent();
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
    await page.goBack();
    await page.getByRole("link", { name, exact: true }).waitFor();
    assert.equal(await page.evaluate(() => scrollY), 60_000);
    await page.getByRole("button", { name: "1 new job" }).waitFor();
  });

  testWall("puts what is new on top, and takes up a filter at once", async ({ page }, t, turn) => {
    const id = `new-${turn}`;
    await page.evaluate(() => scrollTo(0, 2_000));
    await deliverTo(page, id);
    await page.getByRole("button", { name: "1 new job" }).click();
    await page.getByRole("link", { name: id, exact: true }).waitFor();
    await page.getByLabel("Id or reference begins with").fill("j4999");
    await eventually("one is left", async () => (await page.locator(".card").count()) === 1 || undefined);
  });
});

/** Each object is a file of its own, and a disk needs minutes for so many. */
function keepInMemory() {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize > ROOM) process.env.TMPDIR = "/dev/shm";
  } catch {
    // There is no such folder here: it takes longer.
  }
}

/** What each task of the page's main thread took of the processor, in milliseconds, ascending. */
function tasks(events) {
  const isPages = ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain";
  const threads = new Set(events.filter(isPages).map(({ pid, tid }) => `${pid} ${tid}`));
  const isTask = ({ name, pid, tid, tdur }) => /RunTask$/.test(name) && tdur !== undefined && threads.has(`${pid} ${tid}`);
  return events.filter(isTask).map(({ tdur }) => tdur / 1_000).sort((one, other) => one - other);
}
