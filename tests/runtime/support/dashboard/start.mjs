// Starts what most tests of the dashboard need.
import { stopAll } from "../stop.mjs";
import { startServed } from "../vaults/served.mjs";
import { startBrowser } from "./browser.mjs";
import { makeWorks } from "./works.mjs";

/**
 * Starts a browser, and a vault with an origin that it may copy from: `{ browser, origin, vault, works }`.
 *
 * @param {object} [options] the vault's, and these:
 * @param {boolean} [options.hasWorks] whether to make `works`, files that the pages can show
 * @param {boolean} [options.isOwn] the browser's
 */
export async function startDashboard({ hasWorks = false, isOwn, ...options } = {}) {
  const works = hasWorks ? await makeWorks() : undefined;
  const served = await startServed(options);
  try {
    return { ...served, works, browser: await startBrowser({ isOwn }) };
  } catch (failure) {
    await stopAll(served.vault, served.origin);
    throw failure;
  }
}
