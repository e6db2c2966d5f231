// Fills a vault with jobs, and takes pictures of the dashboard.
import { execFileSync } from "node:child_process";
import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { inRoot } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";
import { API_TOKEN, LocalVault } from "../workerd/vault.mjs";
import { eventually } from "../workerd/wait.mjs";
import { fill, SHOWN } from "./fill.mjs";
import { startGallery } from "./gallery.mjs";
import { record, terminal } from "./minute.mjs";

const MAX_BYTES = 300_000;
const SHOTS = [
  { name: "dashboard-wall", theme: "light", at: "", ready: ".card img" },
  { name: "dashboard-wall-dark", theme: "dark", at: "", ready: ".card img" },
  { name: "dashboard-job", theme: "light", at: `#/jobs/${SHOWN}`, ready: ".stage video" },
];

export async function takeScreenshots() {
  const executablePath = execFileSync("sh", ["-c", "command -v chromium"]).toString().trim();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--no-proxy-server"] });
  const gallery = await startGallery(browser);
  const vault = new LocalVault({ dir: mkdtempSync(join(tmpdir(), "hookvault-shots-")),
    vars: { ALLOWED_SOURCE_HOSTS: gallery.url } });
  try {
    await vault.start();
    await fill(vault, gallery);
    for (const shot of SHOTS) await take(browser, vault, shot);
    await takeTerminal(browser, await record());
  } finally {
    await browser.close();
    await vault.end();
    gallery.close();
  }
}

/** Plays the film to a moment within it, because otherwise its player shows that it is loading. */
const settle = (page) => page.locator(".stage video").evaluateAll((all) => Promise.all(all.map(async (video) => {
  video.muted = true;
  await video.play();
  while (video.currentTime < 1) await new Promise((resolve) => requestAnimationFrame(resolve));
  video.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
})));

async function take(browser, vault, { name, theme, at, ready, width = 1280, height = 720 }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme,
    deviceScaleFactor: width < 500 ? 1.5 : 1 });
  await context.addInitScript((token) => sessionStorage.setItem("hookvault.token", token), API_TOKEN);
  const page = await context.newPage();
  await page.goto(`${vault.url}/${at}`);
  await page.locator(".live-live").waitFor();
  await page.locator(ready).first().waitFor();
  await eventually("everything is drawn", () => page.evaluate(() => {
    const isDrawn = [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0);
    return (isDrawn && [...document.querySelectorAll("video")].every(({ readyState }) => readyState >= 2)) || undefined;
  }));
  await settle(page);
  await keep(page, name);
  await context.close();
}

/** Takes the picture of the README's first commands. */
export async function takeTerminal(browser, recorded) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 100 } });
  await page.setContent(terminal(recorded));
  await keep(page, "first-minute", { fullPage: true });
  await page.close();
}

async function keep(page, name, options) {
  const path = inRoot("docs", `${name}.png`);
  await page.screenshot({ path, ...options });
  const { size } = statSync(path);
  console.log(`docs/${name}.png: ${size} bytes`);
  if (size > MAX_BYTES) throw new Failure(`docs/${name}.png is over ${MAX_BYTES} bytes.`);
}
