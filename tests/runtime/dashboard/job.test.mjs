// A job's page plays and shows its outputs, tells its history, and lets the owner act on it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, test } from "node:test";
import { startDashboard } from "../support/dashboard/start.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

describe("a job's page", { skip: lacking("chromium", "ffmpeg") }, () => {
  let browser, origin, vault, works;
  let opened;
  before(async () => ({ browser, origin, vault, works } = await startDashboard({ hasWorks: true, isOwn: true })));
  afterEach(() => opened?.close());
  after(() => stopAll(browser, vault, origin));

  const open = async (id, options) => {
    opened = await browser.open({ vault, at: `#/jobs/${encodeURIComponent(id)}`, ...options });
    await opened.page.getByRole("heading", { name: id, level: 1 }).waitFor();
    return opened.page;
  };
  const copied = async (page, name) => {
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await page.getByRole("button", { name, exact: true }).first().click();
    return eventually(`${name}: done`, async () => (await page.evaluate(() => navigator.clipboard.readText())) || undefined);
  };

  test("plays a video, and its previews jump into it", async () => {
    await vault.deliver(works.video(origin, "film"));
    await vault.settled("film");
    const page = await open("film");
    const video = page.locator(".stage video");
    await eventually("its length is known", async () =>
      (await video.evaluate(({ duration }) => Math.abs(duration - 8) < 0.5)) || undefined);
    await video.evaluate((film) => {
      film.muted = true;
      film.currentTime = 6;
      return film.play();
    });
    await eventually("it plays from there", async () => (await video.evaluate(({ currentTime }) => currentTime > 6.2)) || undefined);
    await video.evaluate((film) => film.pause());
    await page.getByRole("button", { name: "To preview 2 of 4" }).click();
    await eventually("it is there", async () => (await video.evaluate(({ currentTime, duration }) => Math.abs(currentTime - duration * 0.375) < 0.01)) || undefined);
    const { files: [file] } = await vault.job("film");
    assert.equal(await copied(page, `Copy the link to ${file.name}`), file.url);
    const saving = page.waitForEvent("download");
    await page.getByRole("link", { name: `Save ${file.name}` }).click();
    const saved = await saving;
    assert.equal(saved.suggestedFilename(), file.name);
    assert.deepEqual(await readFile(await saved.path()), works.bytes.clip);
    opened.clean();
  });

  test("enlarges pictures, plays sounds, and offers the rest for download", async () => {
    const model = Buffer.from("glTF".repeat(500));
    await vault.deliver({ eventType: "completed", jobId: "many",
      a: works.put(origin, "/m/a.png", works.bytes.image, "image/png"),
      b: works.put(origin, "/m/b.wav", works.bytes.sound, "audio/wav"),
      c: works.put(origin, "/m/c.glb", model, "model/gltf-binary") });
    await vault.settled("many");
    const page = await open("many");
    await page.getByRole("button", { name: "Enlarge" }).click();
    const large = page.getByRole("dialog");
    await large.getByRole("button", { name: "Own size" }).click();
    await page.waitForFunction(() => document.querySelector("dialog img").getBoundingClientRect().width === 640);
    await page.keyboard.press("Escape");
    await large.waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^File 1:/ }).click();
    await eventually("the sound is known", async () =>
      (await page.locator(".stage audio").evaluate(({ duration }) => Math.abs(duration - 3) < 0.2)) || undefined);
    await page.getByRole("button", { name: /^File 2:/ }).click();
    const saving = page.waitForEvent("download");
    await page.locator(".stage").getByRole("link", { name: "Download" }).click();
    assert.equal((await saving).suggestedFilename(), "c.glb");
    opened.clean();
  });

  test("shows JSON as it was written, and copies it", async () => {
    const result = '{"seed":196619188014358660,"z":1.10,"a":{"b":[ ],"c":"\\u00e9"},"big":1e400}';
    await vault.deliver(`{"eventType":"completed","jobId":"exact",${result.slice(1)}`);
    const page = await open("exact");
    assert.equal(await copied(page, "Copy result as JSON"), result);
    const shown = await page.getByRole("region", { name: "Result" }).textContent();
    assert.equal(shown.replaceAll(/\s/g, ""), result.replaceAll(/\s/g, ""));
    assert.match(await copied(page, "Copy the record's curl"), /^curl -H "Authorization: Bearer \$API_TOKEN" 'http.*\/jobs\/exact'$/);
    const record = await copied(page, "Copy the record as JSON");
    assert.ok(record.includes(result) && !record.includes(API_TOKEN));
    opened.clean();
  });

  test("shows the timeline of deliveries as it grows", async () => {
    await vault.deliver(acquired("story"), { reference: "order-7", query: "?app=flux&tag=draft" });
    await vault.deliver(acquired("story"));
    const page = await open("story");
    const events = page.locator(".event");
    await eventually("two", async () => (await events.count()) === 2 || undefined);
    assert.match(await events.nth(1).textContent(), /acquired.*duplicate.*token/);
    const body = '{"eventType":"failed","jobId":"story","n":196619188014358660,"error":{"message":"CUDA out of memory"}}';
    await vault.deliver(body);
    await eventually("three", async () => (await events.count()) === 3 || undefined);
    await events.nth(2).getByText(/^Body of delivery 3/).click();
    await events.nth(2).getByText("196619188014358660").waitFor();
    assert.equal(await copied(page, "Copy the raw body of delivery 3"), body);
    await page.getByRole("region", { name: "Error" }).getByText("CUDA out of memory").waitFor();
    for (const text of ["order-7", "flux", "#draft"]) await page.locator(".facts").getByText(text, { exact: true }).waitFor();
    opened.clean();
  });

  test("copies files again", async () => {
    await vault.restart({ MAX_FILE_BYTES: "100" });
    await vault.deliver(works.image(origin, "again"));
    await vault.settled("again");
    await vault.restart({ MAX_FILE_BYTES: null });
    const page = await open("again");
    await page.getByText("This file is lost").waitFor();
    await page.getByRole("button", { name: "Copy again" }).click();
    await page.locator(".head .archive-stored").waitFor();
    await page.waitForFunction(() => document.querySelector(".zoom img")?.naturalWidth === 640);
    opened.clean();
  });

  test("shows what was handed off and where, what was not and why, and hands off again", async () => {
    const receiver = await startReceiver();
    try {
      await vault.deliver(told("failed", "alone", 1));
      let page = await open("alone");
      assert.equal(await page.getByRole("button", { name: "Hand off again" }).count(), 0);
      await opened.close();
      await vault.restart({ HANDOFF_URL: receiver.url, ALLOWED_SOURCE_HOSTS: `${origin.url},${receiver.url}` });
      receiver.answers.push({ status: 410 });
      await vault.deliver(told("failed", "handed", 1));
      page = await open("handed");
      const panel = page.locator(".handoff");
      const message = panel.getByRole("listitem");
      await message.getByText("To HANDOFF_URL").waitFor();
      await message.locator(".handoff-failed").waitFor();
      await message.getByText("the receiver answers 410: it wants no more messages").waitFor();
      await page.getByRole("button", { name: "Hand off again" }).click();
      await page.getByText("The event failed is sent to HANDOFF_URL again").waitFor();
      await message.locator(".handoff-delivered").waitFor();
      assert.equal(await message.count(), 1);
      assert.equal(receiver.requests.length, 2);
      assert.doesNotMatch(await panel.textContent(), /[{}"]|msg_|null/, "nothing of it is JSON");
      opened.clean();
    } finally {
      await vault.restart({ HANDOFF_URL: null, ALLOWED_SOURCE_HOSTS: origin.url });
      await receiver.stop();
    }
  });

  test("shows failures in red in its timeline, and nothing else", async () => {
    await vault.deliver(acquired("red", 1));
    await vault.deliver(told("failed", "red", 2));
    await vault.deliver(told("failed", "red", 2));
    await vault.deliver(told("retried", "red", 3));
    const page = await open("red");
    await eventually("all are there", async () => (await page.locator(".event").count()) === 4 || undefined);
    const [bad, dots] = await page.evaluate(() => {
      const colour = (one, pseudo) => getComputedStyle(one, pseudo);
      const probe = document.body.appendChild(document.createElement("p"));
      probe.style.color = "var(--bad)";
      return [colour(probe).color, [...document.querySelectorAll(".event")].map((event) =>
        [colour(event, "::before").backgroundColor, colour(event.querySelector("strong")).color])];
    });
    assert.deepEqual(dots.map((pair) => pair.map((colour) => colour === bad)),
      [[false, false], [true, true], [false, false], [false, false]]);
    opened.clean();
  });
});
