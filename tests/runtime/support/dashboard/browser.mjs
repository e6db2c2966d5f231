// Opens the dashboard in a real Chromium, and collects what goes wrong in its pages.
import assert from "node:assert/strict";
import { chromiumOptions } from "../../../../tools/test/browser.mjs";
import { API_TOKEN, startVault } from "../vault.mjs";

/** Chromium's own message about a failed response: the page must cope with that. */
const ANSWER = /^Failed to load resource: (the server responded with|net::ERR_(?!BLOCKED)\w+$)|^WebSocket connection to/;

/**
 * Starts the browser of the whole run (`npm test`), or the file's own.
 *
 * @param {{ isOwn?: boolean }} options `isOwn`: for a test that reads the clipboard, of which a browser has one, or a
 *   download's file, or that measures the browser
 */
export async function startBrowser({ isOwn = false } = {}) {
  const { chromium } = await import("playwright-core");
  const shared = isOwn ? undefined : process.env.HOOKVAULT_TEST_BROWSER;
  const browser = await (shared ? chromium.connect(shared) : chromium.launch(chromiumOptions()));
  return { open: (options) => open(browser, options), chromium: browser, stop: () => browser.close() };
}

/** workerd's message about a page, or a cancelled download, that left while it was written to. */
const LEFT = /disconnected: ::write/;

/**
 * Opens a page in its own browser profile.
 *
 * @param {object} options
 * @param {Awaited<ReturnType<typeof startVault>>} options.vault
 * @param {string | null} [options.token] the token to sign in with; `null` does not sign in
 * @param {string} [options.at] the fragment
 * @param {object} [options.context] playwright's options of the profile
 * @param {Function} [options.script] runs in each page before its own scripts
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

/** Collects the errors and warnings of the page's console, and uncaught errors. */
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

/** Asserts that axe-core finds nothing wrong with the page. */
export async function accessible(page, what) {
  const { source } = (await import("axe-core")).default;
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const told = violations.map(({ id, help, nodes }) =>
    `${what}: ${id}: ${help}\n${nodes.slice(0, 5).map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join("\n")}`);
  assert.deepEqual(told, []);
}

/** Resolves when the feed is live: the page shows everything that happens from now on. */
export const live = (page) => page.locator(".live-live").waitFor();
