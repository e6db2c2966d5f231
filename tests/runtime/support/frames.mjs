// Chromium's compositor waits for ever at times for a tile of a page that is scrolled fast, on a busy machine more often
// (version 156, with and without a GPU's process): there are no frames any more, and nothing that is shown changes.
import { test } from "node:test";
import { startBrowser } from "./browser.mjs";

const TRIES = 6;
/** Even on a busy machine one comes sooner. */
const LATE_MS = 20_000;

/** Has `frame()`, in the page, resolve with the next frame, and reject if there is none any more. */
const giveFrames = (page) => page.evaluate((late) => {
  globalThis.frame = () => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the browser gives no frames any more")), late);
    requestAnimationFrame(() => resolve(clearTimeout(timer)));
  });
}, LATE_MS);

const givesFrames = (page) => page.evaluate(() => globalThis.frame().then(() => true, () => false));

/**
 * A test that looks at a page in a browser of its own, and in another if that stands still: only what fails although there
 * are frames is the page's fault.
 *
 * @param {(opened: object, t: object, turn: number) => Promise<void>} look `opened` is what `browser.open` gives
 */
export function testOfFrames(name, open, look) {
  test(name, async (t) => {
    for (let turn = 1; ; turn += 1) {
      const browser = await startBrowser();
      try {
        const opened = await open(browser);
        await giveFrames(opened.page);
        const stood = await look(opened, t, turn).then(() => false, async (failure) => {
          if (turn === TRIES || await givesFrames(opened.page)) throw failure;
          return true;
        });
        if (!stood) return opened.clean();
        t.diagnostic("the browser gave no frames any more: another is tried");
      } finally {
        await browser.stop();
      }
    }
  });
}
