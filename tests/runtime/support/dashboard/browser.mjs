// A real Chromium that looks at the dashboard, and what goes wrong in its pages.
import assert from "node:assert/strict";
import { chromiumOptions } from "../../../../tools/test/browser.mjs";
import { API_TOKEN, startVault } from "../vault.mjs";

/** Chromium's own word that an answer was no good or did not come: the page is to cope with that. */
const ANSWER = /^Failed to load resource: (the server responded with|net::ERR_(?!BLOCKED)\w+$)|^WebSocket connection to/;

/**
 * The browser of the whole run (`npm test`), or one of the file's own.
 *
 * @param {{ isOwn?: boolean }} options `isOwn`: for who reads the clipboard, which a browser has one of, or a download's file,
 *   or measures the browser
 */
export async function startBrowser({ isOwn = false } = {}) {
  const { chromium } = await import("playwright-core");
  const shared = isOwn ? undefined : process.env.HOOKVAULT_TEST_BROWSER;
  const browser = await (shared ? chromium.connect(shared) : chromium.launch(chromiumOptions()));
  return { open: (options) => open(browser, options), chromium: browser, stop: () => browser.close() };
}

/** workerd's word that a page, or a download that was cancelled, went away while it was written to. */
const LEFT = /disconnected: ::write/;

/**
 * A page in a browser profile of its own.
 *
 * @param {object} options
 * @param {Awaited<ReturnType<typeof startVault>>} options.vault
 * @param {string | null} [options.token] signed in with it; `null` is nobody
 * @param {string} [options.at] the fragment
 * @param {object} [options.context] playwright's options of the profile
 * @param {Function} [options.script] what runs in each page before its own
 */
async function open(browser, { vault, token = API_TOKEN, at = "", context: given = {}, script }) {
  vault.expectErrors(LEFT);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...given });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: vault.url });
  await context.addInitScript((key) => {
    if (key && !sessionStorage.getItem("test.begun")) sessionStorage.setItem("hookvault.token", key);
    sessionStorage.setItem("test.begun", "1");
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
      console.error(`CSP: ${violatedDirective} ${blockedURI} ${sourceFile}`));
  }, token);
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  const problems = watch(page);
  await page.goto(`${vault.url}/${at}`);
  const close = async () => {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
  };
  return { page, problems, close, clean: () => assert.deepEqual(problems, []) };
}

/** What the page's console complains of, and what nothing has caught. */
function watch(page) {
  const problems = [];
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.stack}`));
  page.on("dialog", (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    const isBad = ["error", "warning"].includes(message.type()) && !ANSWER.test(message.text());
    if (isBad) problems.push(`${message.type()}: ${message.text()}`);
  });
  return problems;
}

/** Asserts what axe-core finds wrong with the page: nothing. */
export async function accessible(page, what) {
  const { source } = (await import("axe-core")).default;
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const told = violations.map(({ id, help, nodes }) =>
    `${what}: ${id}: ${help}\n${nodes.slice(0, 5).map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join("\n")}`);
  assert.deepEqual(told, []);
}

/** Resolves when the feed is live: what happens from now on is told. */
export const live = (page) => page.locator(".live-live").waitFor();
