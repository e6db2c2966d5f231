// Each page of the dashboard on screens of each width, however much it shows, and however long the texts are.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDashboard } from "../support/dashboard/start.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { fillStandings, LONGEST, PAGES } from "../support/dashboard/standings.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { eventually } from "../support/wait.mjs";

const WIDTHS = [320, 390, 800, 1440, 2560];

describe("the dashboard", { skip: lacking("chromium", "ffmpeg") }, () => {
  let browser, origin, vault, works;
  let receiver;
  before(async () => {
    receiver = await startReceiver({ usual: { status: 410 } });
    const vars = { RETRY_BASE_MS: "2000", HANDOFF_URL: receiver.url };
    ({ browser, origin, vault, works } = await startDashboard({ hasWorks: true, sources: receiver.url, vars }));
    vault.leaveWork();
    await fillStandings(vault, origin, works);
  });
  after(() => stopAll(browser, vault, origin, receiver));

  test("fits each screen, and stays readable", async () => {
    const { page, clean, close } = await browser.open({ vault, context: { reducedMotion: "reduce" } });
    const found = {};
    const look = async (what) => {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        Object.assign(found, await faultsOf(page, `${what} on ${width} px`));
      }
    };
    for (const [at, sign] of Object.entries(PAGES)) {
      await page.goto(`${vault.url}/${at}`);
      await page.locator(sign).first().waitFor();
      await look(at);
    }
    await page.goto(`${vault.url}/#/jobs/${LONGEST}`);
    for (const name of ["Share", "Delete"]) {
      await page.getByRole("button", { name }).click();
      if (name === "Share") await page.getByRole("button", { name: "Make a link" }).click();
      if (name === "Share") await page.getByText("The record as JSON").waitFor();
      await look(name);
      await page.keyboard.press("Escape");
    }
    await page.route("**/jobs?*", (route) => route.fulfill({ json: { jobs: [], cursor: null } }));
    await page.goto(`${vault.url}/#/?range=1h`);
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByText("No job yet").waitFor();
    await look("the empty wall");
    await page.getByRole("button", { name: "Sign out" }).click();
    await look("signing in");
    assert.deepEqual(found, {});
    clean();
    await close();
  });
});

/** Returns `{}`, or the page's faults. A page adapts to a new width with the next frame. */
async function faultsOf(page, where) {
  let found;
  const none = () => page.evaluate(faults).then((now) => (found = now).length === 0 || undefined);
  const isFine = await eventually(where, none, { limitMs: 2_000 }).catch(() => false);
  return isFine ? {} : { [where]: found };
}

/**
 * Runs in the page: returns what is beyond its edge, texts squeezed into a column of few letters, and broken words of
 * buttons.
 */
function faults() {
  const [root, screen] = [document.documentElement, innerWidth];
  const name = (one) => one.outerHTML.slice(0, 90);
  const shown = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility());
  // Leaves out elements that are meant to scroll, and those for screen readers only.
  const beyond = shown.filter((one) => one.getBoundingClientRect().right > screen + 1
    && !one.closest(":is(nav, .several, pre, .frames) *, svg, .unseen"));
  const squeezed = shown.filter((one) => {
    const isText = [...one.childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim());
    const [letters, lines] = [one.textContent.length, one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)];
    return isText && letters > 24 && lines > 4 && letters / lines < 12 && !one.closest(".unseen");
  });
  // The words of a button must not break just anywhere.
  const broken = shown.filter((one) => one.matches(":is(button, .button, .state, nav a)") && [...one.childNodes].some((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return node.nodeType === Node.TEXT_NODE && !/\s/.test(node.data.trim()) && range.getClientRects().length > 1;
  }));
  return [...(root.scrollWidth > screen ? [`${root.scrollWidth} px wide`] : []),
    ...beyond.map((one) => `beyond: ${name(one)}`), ...squeezed.map((one) => `squeezed: ${name(one)}`),
    ...broken.map((one) => `broken: ${name(one)}`)].slice(0, 5);
}
