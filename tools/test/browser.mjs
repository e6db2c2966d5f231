// Starts one Chromium for all test files, which connect to it (`tests/runtime/support/dashboard/browser.mjs`).
import { spawnSync } from "node:child_process";

const ARGS = ["--no-sandbox", "--no-proxy-server", "--autoplay-policy=no-user-gesture-required"];

/** Returns playwright's options to start the first of these programs that exists, or `undefined` if none exists. */
export function chromiumOptions(...programs) {
  // The headless shell comes first: it draws without the rest of the browser, and needs less CPU and memory.
  const wanted = programs.length > 0 ? programs : ["chromium-headless-shell", "chromium"];
  const find = wanted.map((program) => `command -v ${program}`).join(" || ");
  const executablePath = spawnSync("sh", ["-c", find], { encoding: "utf8" }).stdout.trim();
  return executablePath ? { executablePath, args: ARGS } : undefined;
}

/** Starts the browser, and resolves to `{ url, stop }`. */
export async function serveBrowser() {
  const options = chromiumOptions();
  if (options === undefined) return { url: undefined, stop: async () => {} };
  const { chromium } = await import("playwright-core");
  const server = await chromium.launchServer(options);
  return { url: server.wsEndpoint(), stop: () => server.close() };
}
