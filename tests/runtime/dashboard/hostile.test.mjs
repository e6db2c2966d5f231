// The dashboard shows what a sender writes as text, and never runs any of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { live } from "../support/dashboard/browser.mjs";
import { startDashboard } from "../support/dashboard/start.mjs";
import { file } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";

const RUN = "fetch('/ran');globalThis.ran=1;alert(1)";
const MARKUP = `</script></pre><img src=x onerror="${RUN}"><svg onload="${RUN}">`
  + `<script>${RUN}</script>{{7*7}}javascript:${RUN}`;
const HTML = `<!doctype html><script>${RUN};parent.ran=1;top.ran=1</script><body onload="${RUN}">${"x".repeat(2_000)}`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="${RUN}"><script>${RUN}</script><image href="/ran"/>`
  + `${"<g/>".repeat(600)}</svg>`;
const data = (type, text) => `data:${type};base64,${Buffer.from(text).toString("base64")}`;

describe("what a sender writes", { skip: lacking("chromium") }, () => {
  let browser, origin, vault;
  let opened;
  let page;
  const asked = [];
  before(async () => {
    ({ browser, origin, vault } = await startDashboard());
    const serve = (path, text, type) => {
      origin.on(path, file(Buffer.from(text), { "content-type": type }));
      return `${origin.url}${path}`;
    };
    await vault.deliver({ eventType: "acquired", jobId: "evil", queueName: MARKUP, workerName: MARKUP }, {
      query: `?app=${encodeURIComponent(MARKUP)}&tag=${encodeURIComponent(MARKUP)}` });
    await vault.deliver({ eventType: "completed", jobId: "evil", queueName: MARKUP, prompt: MARKUP, [MARKUP]: MARKUP,
      html: serve(`/o/${encodeURIComponent(`<img src=x onerror=${RUN.replaceAll("/", "")}>.html`)}`, HTML, "text/html"),
      svg: serve("/o/evil.svg", SVG, "image/svg+xml"), xhtml: serve("/o/a.xhtml", HTML, "application/xhtml+xml"),
      liar: serve("/o/liar.png", HTML, "image/png"), movie: serve("/o/liar.mp4", HTML, "video/mp4"),
      inline: data("image/svg+xml", SVG), page: data("text/html", HTML),
      link: "javascript:alert(1)", preview: `https://elsewhere.example/${encodeURIComponent(MARKUP)}.png` });
    await vault.settled("evil");
    await vault.deliver({ eventType: "failed", jobId: "worse", error: { message: MARKUP, detail: [MARKUP] } });
    await vault.deliver(MARKUP, { reference: encodeURIComponent(MARKUP).replaceAll("%2F", "") });
    await vault.post(`/hook/${encodeURIComponent(MARKUP)}`, "{}", { "user-agent": MARKUP });
    opened = await browser.open({ vault });
    ({ page } = opened);
    page.on("request", (request) => asked.push(request.url()));
    await live(page);
  });
  after(async () => {
    await opened?.close();
    await stopAll(browser, vault, origin);
  });

  const nothingRan = async () => {
    assert.equal(await page.evaluate(() => globalThis.ran), undefined);
    assert.deepEqual(asked.filter((url) => url.includes("/ran") || !url.startsWith(vault.url)), []);
    assert.equal(await page.locator("iframe, object, embed, [onerror], [onload], script:not([src])").count(), 0);
    opened.clean();
  };

  test("is text on the wall", async () => {
    await page.getByRole("link", { name: "evil" }).waitFor();
    await page.locator(".card").filter({ hasText: "evil" }).hover();
    await page.locator(".foot").getByText(MARKUP.slice(0, 40)).waitFor();
    await page.getByText("can't be shown").waitFor();
    await nothingRan();
  });

  test("is text on the job's page, and documents are downloaded", async () => {
    await page.getByRole("link", { name: "evil" }).click();
    await page.getByRole("region", { name: "Result" }).getByText("onerror").first().waitFor();
    await page.locator(".event").nth(1).waitFor();
    for (const body of await page.locator(".raw > summary").all()) await body.click();
    await page.getByRole("region", { name: "Body of delivery 2" }).waitFor();
    const { files } = await vault.job("evil");
    assert.equal(files.length, 7);
    for (const { n, contentType } of files) {
      await page.getByRole("button", { name: new RegExp(`^File ${n}:`) }).click();
      const isDocument = /html|svg|xml/.test(contentType);
      if (isDocument) await page.locator(".stage.note").waitFor();
      assert.equal(await page.locator(".stage img, .stage video").count() > 0 && isDocument, false, contentType);
      if (!isDocument) continue;
      const saving = page.waitForEvent("download");
      await page.locator(".stage").getByRole("link", { name: "Download" }).click();
      await (await saving).cancel();
    }
    await nothingRan();
  });

  test("is text in an error", async () => {
    await page.goto(`${vault.url}/#/jobs/worse`);
    await page.getByRole("region", { name: "Error" }).getByText("onerror").first().waitFor();
    await nothingRan();
  });

  test("is text in unmatched and refused deliveries", async () => {
    await page.goto(`${vault.url}/#/unmatched`);
    await page.getByText("The delivery as received").click();
    await page.getByRole("region", { name: "The delivery as received" }).getByText("onerror").first().waitFor();
    await page.goto(`${vault.url}/#/refused`);
    await page.getByText("Sent by </script>").waitFor();
    await nothingRan();
  });

  test("is text in the address, where anyone may write", async () => {
    const encoded = encodeURIComponent(MARKUP);
    for (const at of [`#/jobs/${encoded}`, `#/?q=${encoded}`, `#/?status=${encoded}`, `#/?since=${encoded}`,
      `#/jobs/x/${encoded}`, "#/jobs/%", "#/constructor", "#/__proto__", "#/?cursor=x&ticket=y"]) {
      await page.goto(`${vault.url}/${at}`);
      await page.locator("h1").first().waitFor({ state: "attached" });
    }
    await page.goto(`${vault.url}/#/`);
    await page.getByRole("link", { name: "evil" }).waitFor();
    await nothingRan();
  });
});
