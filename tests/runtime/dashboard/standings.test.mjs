// Whatever a job's state, its page and its card say what is the case, why, and what can be done. They say nothing that
// is not true.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { parseEnv } from "node:util";
import { startDashboard } from "../support/dashboard/start.mjs";
import { acquired, told } from "../support/deliveries.mjs";
import { file, held, presigned, redirect, startOrigin, status } from "../support/servers/origin.mjs";
import { ELSEWHERE, fillStandings } from "../support/dashboard/standings.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN, READ_TOKEN } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const AGAIN = { name: "Copy again" };

describe("a job's state", { skip: lacking("chromium", "ffmpeg") }, () => {
  let browser, origin, vault, works;
  let other;
  let opened;
  before(async () => {
    const vars = { READ_TOKEN, RETRY_BASE_MS: "2000" };
    ({ browser, origin, vault, works } = await startDashboard({ hasWorks: true, vars }));
    other = await startOrigin();
    vault.leaveWork();
    await fillStandings(vault, origin, works);
  });
  afterEach(() => leave());
  after(() => stopAll(browser, vault, origin, other));

  const open = async (id, options) => {
    opened = await browser.open({ vault, at: `#/jobs/${encodeURIComponent(id)}`, ...options });
    await opened.page.locator(".event, .narrow").first().waitFor();
    if (options === undefined) await opened.page.getByRole("button", { name: "Share" }).or(opened.page.locator(".narrow")).first().waitFor();
    return opened.page;
  };
  const leave = async () => {
    await opened?.close();
    opened = undefined;
  };
  const says = (page, text) => page.locator("main").getByText(text).first().waitFor();
  const text = (page) => page.locator("main").innerText();
  const chip = (page) => page.locator(".states .state").last().textContent();

  test("with a file on a forbidden host shows the line that allows the host, and the line works", async () => {
    other.on("/a.png", file(works.bytes.image, { "content-type": "image/png" }));
    other.on("/b.png", file(works.bytes.image, { "content-type": "image/png" }));
    origin.on("/led.png", redirect(`${other.url}/b.png`));
    await vault.deliver({ eventType: "completed", jobId: "barred", image: `${other.url}/a.png`, more: `${origin.url}/led.png` });
    vault.watch("barred");
    await vault.settled("barred");
    let page = await open("barred");
    await says(page, "2 outputs are on a host that is not allowed");
    const line = await page.getByLabel("the line that allows it", { exact: true }).textContent();
    assert.equal(line, `ALLOWED_SOURCE_HOSTS="${origin.url},${other.url}"`);
    assert.doesNotMatch(await text(page), /has no files/);
    assert.equal(await page.getByRole("button", AGAIN).count(), 0, "it would be in vain");
    opened.clean();
    await leave();
    await vault.restart(parseEnv(line));
    page = await open("barred");
    await says(page, "is allowed now");
    await page.getByRole("button", AGAIN).click();
    await page.getByText("2 files are being copied").waitFor();
    await page.locator(".head .archive-stored").waitFor();
    assert.equal(await page.getByRole("button", AGAIN).count(), 0);
    opened.clean();
    await vault.restart({ ALLOWED_SOURCE_HOSTS: origin.url });
  });

  test("with only forbidden hosts is not shown as one without files", async () => {
    const page = await open("elsewhere");
    await says(page, `1 output is on a host that is not allowed: ${ELSEWHERE}`);
    assert.equal(await chip(page), "not copied");
    await page.goto(`${vault.url}/#/?q=elsewhere`);
    const card = page.locator(".card", { has: page.getByRole("link", { name: "elsewhere", exact: true }) });
    assert.equal(await card.locator(".stand").textContent(), "not copied");
    assert.equal(await card.locator(".state").last().textContent(), "not copied");
    opened.clean();
  });

  test("is shown to a reader without the owner's actions", async () => {
    const page = await open("elsewhere", { token: READ_TOKEN });
    await page.getByLabel("the line that allows it", { exact: true }).waitFor();
    assert.doesNotMatch(await text(page), /copy again/i);
    const { ticket } = await (await vault.post("/tickets", '{"scope":"job:elsewhere","ttl":600}',
      { authorization: `Bearer ${API_TOKEN}` })).json();
    opened.clean();
    await leave();
    opened = await browser.open({ vault, token: null, at: `#/jobs/elsewhere?ticket=${ticket}` });
    await says(opened.page, `1 output is on a host that is not allowed: ${ELSEWHERE}`);
    assert.doesNotMatch(await text(opened.page), /copy again|ALLOWED_SOURCE_HOSTS/i);
    opened.clean();
  });

  test("whose source answers 403 says so, on its page and its card", async () => {
    const page = await open("forbidden");
    await says(page, "1 file is not copied yet: the source answers 403");
    await page.locator(".stage.note").getByText("the source answers 403").waitFor();
    assert.equal(await chip(page), "waiting");
    assert.doesNotMatch(await text(page), /copying|being copied|Show it from/);
    await page.goto(`${vault.url}/#/?q=forbidden`);
    const card = page.locator(".card");
    await card.getByText("the source answers 403").waitFor();
    assert.doesNotMatch(await card.textContent(), /copying/);
    opened.clean();
  });

  test("whose source does not answer says so until it does, and can be retried at once", async () => {
    origin.on("/late.png", status(503));
    await vault.deliver({ eventType: "completed", jobId: "late", image: `${origin.url}/late.png${presigned()}` });
    const page = await open("late");
    await says(page, "1 file is not copied yet: the source answers 503");
    // The source works only from now on: otherwise a retry of the Worker's own would leave nothing to copy.
    const image = held(works.bytes.image, "image/png");
    await page.route("**/archive", (route) => {
      origin.on("/late.png", image.step);
      return route.continue();
    });
    await page.getByRole("button", AGAIN).click();
    await page.getByText("1 file is being copied").waitFor();
    image.release();
    await page.locator(".head .archive-stored").waitFor();
    await page.getByText("not copied yet").waitFor({ state: "detached" });
    opened.clean();
  });

  test("whose host is no longer allowed shows the line too", async () => {
    other.on("/gone.png", status(503));
    await vault.restart({ ALLOWED_SOURCE_HOSTS: `${origin.url},127.0.0.1:${other.port}` });
    await vault.deliver({ eventType: "completed", jobId: "barred-later", image: `${other.url}/gone.png${presigned()}` });
    await vault.restart({ ALLOWED_SOURCE_HOSTS: origin.url });
    const page = await open("barred-later");
    await says(page, "1 output is on a host that is not allowed");
    const line = await page.getByLabel("the line that allows it", { exact: true }).textContent();
    assert.equal(line, `ALLOWED_SOURCE_HOSTS="${origin.url},127.0.0.1:${other.port}"`);
    assert.equal(await page.getByRole("button", AGAIN).count(), 0);
    opened.clean();
  });

  test("with a lost file says why, and links to nothing that is missing", async () => {
    const page = await open("dead");
    await says(page, "1 file is lost: the source answers 403; no fresh URL: the job's application is unknown");
    const { files: [{ name }] } = await vault.job("dead");
    assert.equal(await page.getByRole("button", { name: `Copy the link to ${name}` }).count(), 0);
    assert.equal(await page.getByRole("link", { name: `Save ${name}` }).count(), 0);
    await page.getByRole("button", AGAIN).click();
    await page.getByText("1 file is being copied").waitFor();
    await eventually("it is lost again", async () => (await chip(page)) === "lost" || undefined);
    await page.goto(`${vault.url}/#/?archive=partial`);
    const card = page.locator(".card", { has: page.getByRole("link", { name: "half", exact: true }) });
    await card.locator(".picture img").waitFor();
    await page.getByRole("link", { name: "half", exact: true }).click();
    await says(page, "1 file is lost:");
    await page.getByRole("button", { name: "Enlarge" }).waitFor();
    opened.clean();
  });

  test("that has everything, or never will, offers no copying", async () => {
    for (const id of ["previews-1", "text", "failed", "cancelled"]) {
      const page = await open(id);
      assert.equal(await page.getByRole("button", { name: /Copy again|Ask/ }).count(), 0, id);
      opened.clean();
      await leave();
    }
    let page = await open("text");
    await says(page, "The result has no files.");
    await leave();
    page = await open("previews-alone");
    await page.getByRole("button", { name: "Enlarge" }).waitFor();
    assert.doesNotMatch(await text(page), /has no files/);
  });

  test("that has not ended says nothing about files, and can be asked for", async () => {
    for (const id of ["silent", "retried", "held"]) {
      const page = await open(id);
      assert.doesNotMatch(await text(page), /no files/, id);
      assert.equal(await page.getByRole("button", AGAIN).count(), 0, id);
      if (id === "silent") {
        await page.getByRole("button", { name: "Ask the queue" }).click();
        await page.getByText("The queue is asked for the result").waitFor();
        await says(page, /The queue was asked for the result, \d tr(y|ies), .*: .*(UPSTREAM|application)/);
      }
      opened.clean();
      await leave();
    }
  });

  test("that has failed without an error says that the queue gave no reason", async () => {
    const page = await open("failed-wordless");
    await says(page, "The queue gave no reason.");
    opened.clean();
  });

  test("that is deleted, before or while it is shown, differs from an unknown one", async () => {
    let page = await open("deleted");
    await says(page, "Job deleted has been deleted; submit it again.");
    await leave();
    page = await open("never");
    await says(page, "No delivery has named job never");
    await leave();
    await vault.deliver(acquired("short-lived"));
    page = await open("short-lived");
    await fetch(`${vault.url}/jobs/short-lived`, { method: "DELETE", headers: { authorization: `Bearer ${API_TOKEN}` } });
    vault.unwatch("short-lived");
    await says(page, "Job short-lived has been deleted; submit it again.");
    assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
    opened.clean();
  });

  test("whose stored file is gone from the bucket does not blame the browser", async () => {
    await vault.deliver({ eventType: "completed", jobId: "hole", image: works.put(origin, "/hole.png", works.bytes.image, "image/png") });
    await vault.settled("hole");
    await (await vault.bucket()).delete((await vault.keys("jobs/hole/"))[0]);
    const page = await open("hole");
    await page.locator(".stage.note").getByText("is lost").waitFor();
    assert.equal(await page.locator(".stage").getByRole("link", { name: "Download" }).count(), 0);
    await leave();
    await vault.deliver({ eventType: "completed", jobId: "odd", image: works.put(origin, "/odd.png", Buffer.alloc(2_000, 7), "image/png") });
    await vault.settled("odd");
    const odd = await open("odd");
    await odd.getByText("The browser can't show this file.").waitFor();
    await odd.locator(".stage").getByRole("link", { name: "Download" }).waitFor();
    opened.clean();
  });

  test("with too many files for one result says so, and offers no action", async () => {
    const many = Array.from({ length: 503 }, (_, n) => `${origin.url}/many/${n}.txt`);
    for (let n = 0; n < 503; n += 1) origin.on(`/many/${n}.txt`, file(Buffer.from(`${n}`), { "content-type": "text/plain" }));
    await vault.deliver({ eventType: "completed", jobId: "too-many", many });
    await vault.settled("too-many", { limitMs: 300_000 });
    const page = await open("too-many");
    await says(page, "3 outputs are not copied: too many");
    assert.equal(await page.getByRole("button", AGAIN).count(), 0);
    opened.clean();
  });

  test("is shown by the doctor too, with each line to paste by itself", async () => {
    opened = await browser.open({ vault, at: "#/doctor" });
    const hosts = opened.page.locator(".finding", { has: opened.page.getByText("hosts", { exact: true }) });
    const pasted = hosts.getByLabel("the command that fixes it", { exact: true });
    await pasted.first().waitFor();
    const [line, deploy, again, ...rest] = await pasted.allTextContents();
    assert.match(line, new RegExp(`^ALLOWED_SOURCE_HOSTS = "${origin.url},[^"]*\\b${ELSEWHERE}"$`));
    assert.equal(deploy, "npx wrangler deploy");
    assert.match(again, /^curl -X POST 'http.*\/archive\?archive=partial,lost' -H "Authorization: Bearer \$API_TOKEN"$/);
    assert.deepEqual(rest, []);
    opened.clean();
  });

  test("that changes while it is shown changes its text", async () => {
    await vault.deliver(acquired("turns"));
    const page = await open("turns");
    await vault.deliver(told("failed", "turns", 1));
    await says(page, "The queue gave no reason.");
    opened.clean();
  });
});
