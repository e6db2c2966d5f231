// One Chromium for all test files, which connect to it (`tests/runtime/support/browser.mjs`).
import { spawnSync } from "node:child_process";

const ARGS = ["--no-sandbox", "--no-proxy-server", "--autoplay-policy=no-user-gesture-required"];

/** How playwright starts it, or `undefined` where there is none. */
export function chromiumOptions() {
  // The shell draws without the browser around it, with less of the machine.
  const find = "command -v chromium-headless-shell || command -v chromium";
  const executablePath = spawnSync("sh", ["-c", find], { encoding: "utf8" }).stdout.trim();
  return executablePath ? { executablePath, args: ARGS } : undefined;
}

/** Starts it; `{ url, stop }`. */
export async function serveBrowser() {
  const options = chromiumOptions();
  if (options === undefined) return { url: undefined, stop: async () => {} };
  const { chromium } = await import("playwright-core");
  const server = await chromium.launchServer(options);
  return { url: server.wsEndpoint(), stop: () => server.close() };
}
