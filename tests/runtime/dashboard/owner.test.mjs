// What only the owner does: share a job, delete it, assign an unmatched delivery.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { live, startBrowser } from "../support/dashboard/browser.mjs";
import { acquired, completed, told } from "../support/deliveries.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN } from "../support/vault.mjs";
import { startSourced } from "../support/vaults/served.mjs";
import { eventually } from "../support/wait.mjs";

describe("the owner", { skip: lacking("chromium") }, () => {
  let browser;
  let source, vault;
  let opened;
  before(async () => {
    ({ source, vault } = await startSourced());
    browser = await startBrowser();
  });
  afterEach(() => opened?.close());
  after(() => stopAll(browser, vault, source));

  const open = async (at, options) => {
    opened = await browser.open({ vault, at, ...options });
    return opened.page;
  };

  test("shares a job, and nothing else", async () => {
    await vault.deliver(completed(source.put("/1_0_a.mp4"), "shared"));
    await vault.settled("shared");
    const page = await open("#/jobs/shared");
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByLabel("Good for").selectOption("1 hour");
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = await page.getByLabel("the link to this page", { exact: true }).textContent();
    assert.ok(!link.includes(API_TOKEN));
    const guest = await browser.open({ vault, token: null, at: link.slice(vault.url.length + 1) });
    await guest.page.getByRole("heading", { name: "shared", level: 1 }).waitFor();
    await guest.page.getByText("Body of delivery 1").click();
    await guest.page.getByRole("region", { name: "Body of delivery 1" }).waitFor();
    assert.equal(await guest.page.getByRole("button", { name: /Delete|Share|Copy again/ }).count(), 0);
    guest.clean();
    await guest.page.goto(link.replace("jobs/shared", "jobs/other"));
    await guest.page.reload();
    await guest.page.getByText("the ticket's `scope` is another; get a ticket for this route").waitFor();
    await guest.page.goto(link.replace(/.{9}$/, "AAAAAAAAA"));
    await guest.page.reload();
    await guest.page.getByText("This link no longer opens the job").waitFor();
    await guest.close();
    opened.clean();
  });

  test("must confirm before a job is deleted", async () => {
    await vault.deliver(told("failed", "doomed", 1));
    const page = await open("#/jobs/doomed");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    assert.equal((await vault.get("/jobs/doomed")).status, 200);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Delete" }).click();
    vault.unwatch("doomed");
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText("doomed is deleted").waitFor();
    assert.equal((await vault.get("/jobs/doomed")).status, 404);
    await live(page);
    await page.getByRole("link", { name: "doomed" }).waitFor({ state: "detached" });
    await page.goto(`${vault.url}/#/jobs/doomed`);
    await page.getByText("The job has been deleted").waitFor();
    opened.clean();
  });

  test("sees a job disappear that somebody else deletes", async () => {
    await vault.deliver(acquired("fleeting"));
    const page = await open();
    await live(page);
    const link = page.getByRole("link", { name: "fleeting" });
    await link.waitFor();
    const headers = { authorization: `Bearer ${API_TOKEN}` };
    await fetch(`${vault.url}/jobs/fleeting`, { method: "DELETE", headers });
    vault.unwatch("fleeting");
    await link.waitFor({ state: "detached" });
    opened.clean();
  });

  test("assigns a delivery that belongs to no job, and drops one", async () => {
    await vault.deliver({ eventType: "failed", error: "of some job" });
    await vault.deliver("no JSON at all");
    const page = await open("#/unmatched");
    const rows = page.locator(".rows > li");
    await eventually("two", async () => (await rows.count()) === 2 || undefined);
    const mine = rows.filter({ hasText: "neither the body nor its files' names have a job id" });
    await mine.getByText("The delivery as received").click();
    await mine.getByText("of some job").waitFor();
    await mine.getByRole("textbox").fill("assigned-1");
    await mine.getByRole("button", { name: "Assign" }).click();
    const asks = page.getByRole("dialog", { name: "Make a new job assigned-1?" });
    await asks.getByRole("button", { name: "Go back" }).click();
    assert.equal(await mine.getByRole("textbox").inputValue(), "assigned-1", "to be mended");
    assert.equal((await vault.get("/jobs/assigned-1?wait=0")).status, 404);
    await mine.getByRole("button", { name: "Assign" }).click();
    await asks.getByRole("button", { name: "Make the job" }).click();
    await page.getByText("Assigned to assigned-1").waitFor();
    await eventually("one", async () => (await rows.count()) === 1 || undefined);
    assert.equal((await vault.settled("assigned-1")).status, "failed");
    await rows.getByRole("textbox").fill("a/b");
    await rows.getByRole("button", { name: "Assign" }).click();
    await page.getByText("it must be a job's id").waitFor();
    await rows.getByRole("button", { name: "Drop" }).click();
    await page.getByRole("button", { name: "Drop it" }).click();
    await page.getByText("every delivery found its job").waitFor();
    assert.deepEqual((await vault.json("/unmatched")).unmatched, []);
    opened.clean();
  });

  test("need not confirm before a delivery goes to a known job, or when the delivery is gone", async () => {
    await vault.deliver(acquired("known-1"));
    for (const error of ["first", "second"]) await vault.deliver({ eventType: "failed", error });
    const page = await open("#/unmatched");
    const rows = page.locator(".rows > li");
    await eventually("two", async () => (await rows.count()) === 2 || undefined);
    await rows.first().getByRole("textbox").fill("known-1");
    await rows.first().getByRole("button", { name: "Assign" }).click();
    await page.getByText("Assigned to known-1").waitFor();
    assert.equal((await vault.settled("known-1")).status, "failed");
    await eventually("one", async () => (await rows.count()) === 1 || undefined);
    const { unmatched: [{ key }] } = await vault.json("/unmatched");
    await vault.get(`/unmatched/${key}`, { method: "DELETE" });
    await rows.getByRole("textbox").fill("never-1");
    await rows.getByRole("button", { name: "Assign" }).click();
    await page.getByText("no unmatched delivery has").waitFor();
    assert.equal(await page.getByRole("dialog").count(), 0);
    opened.clean();
  });

  test("sees who was refused, and the numbers", async () => {
    await vault.post("/hook/wrong-token-0123456789", "{}", { "user-agent": "queue/<b>1</b>" });
    const page = await open("#/refused");
    await eventually("it is listed", async () => {
      await page.getByRole("button", { name: "Refresh" }).click();
      return (await page.getByText("Sent by queue/<b>1</b>").count()) > 0 || undefined;
    });
    await page.locator(".rows li", { hasText: "queue/<b>" }).getByText("401", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Numbers" }).click();
    const { jobs } = await vault.json("/stats");
    const tile = page.locator(".tile", { hasText: "Jobs" }).first();
    await tile.getByText(String(jobs), { exact: true }).waitFor();
    await page.locator(".bars").first().getByRole("link", { name: "failed" }).click();
    await page.getByRole("link", { name: "assigned-1" }).waitFor();
    opened.clean();
  });
});
