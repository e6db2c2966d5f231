// One Chromium for all test files, which connect to it (`tests/runtime/support/dashboard/browser.mjs`).
import { spawnSync } from "node:child_process";

const ARGS = ["--no-sandbox", "--no-proxy-server", "--autoplay-policy=no-user-gesture-required"];

/** How playwright starts the first there is of these programs, or `undefined` where there is none. */
export function chromiumOptions(...programs) {
  // The shell draws without the browser around it, with less of the machine.
  const wanted = programs.length > 0 ? programs : ["chromium-headless-shell", "chromium"];
  const find = wanted.map((program) => `command -v ${program}`).join(" || ");
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
