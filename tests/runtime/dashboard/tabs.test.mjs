// Tabs of one browser share the sign-in. Nobody else gets it: no other origin, no sender's file.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { live } from "../support/dashboard/browser.mjs";
import { startDashboard } from "../support/dashboard/start.mjs";
import { told } from "../support/deliveries.mjs";
import { file, status } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { API_TOKEN, HOOK_TOKEN, READ_TOKEN } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

/** Asks the open tabs as a new tab does, and keeps all answers. */
const THEFT = `globalThis.stolen = [];
  const channel = new BroadcastChannel("hookvault.session");
  channel.onmessage = ({ data }) => { stolen.push(data); document.title = "STOLEN " + JSON.stringify(data); };
  setInterval(() => channel.postMessage({ asks: true }), 20);`;
const HTML = `<!doctype html><title>evil</title><p>evil</p><script>${THEFT}</script>${" ".repeat(2_000)}`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><script>${THEFT}</script>${"<g/>".repeat(400)}</svg>`;
const XHTML = `<html xmlns="http://www.w3.org/1999/xhtml"><body><script>${THEFT}</script>${"<p/>".repeat(400)}</body></html>`;

describe("tabs of one browser", { skip: lacking("chromium") }, () => {
  let browser, origin, vault;
  let opened;
  before(async () => {
    ({ browser, origin, vault } = await startDashboard({ vars: { READ_TOKEN, RETRY_BASE_MS: "2000" } }));
    vault.leaveWork();
    await vault.deliver(told("failed", "one", 1));
  });
  afterEach(() => opened?.close());
  after(() => stopAll(browser, vault, origin));

  const signedIn = async (token = API_TOKEN) => {
    // Signs in by hand, because the other tests' sign-in does so in each tab.
    opened = await browser.open({ vault, token: null });
    await signIn(opened.page, token);
    await opened.page.locator(token === API_TOKEN ? ".live-live" : ".live-off").waitFor();
    return opened.page;
  };
  const signIn = async (page, token) => {
    await field(page).fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  const tab = async (at = "") => {
    const page = await opened.page.context().newPage();
    await page.goto(`${vault.url}/${at}`);
    return page;
  };
  const field = (page) => page.getByLabel("API token", { exact: true });
  const heading = (page) => page.getByRole("heading", { name: "one", level: 1 });

  test("share the sign-in while one is open", async () => {
    const first = await signedIn();
    await first.getByRole("link", { name: "one" }).waitFor();
    const [second] = await Promise.all([first.context().waitForEvent("page"),
      first.getByRole("link", { name: "one" }).click({ modifiers: ["ControlOrMeta"] })]);
    await heading(second).waitFor();
    await first.goto(`${vault.url}/healthz`);
    await second.reload();
    await heading(second).waitFor();
    const third = await tab("#/jobs/one");
    await heading(third).waitFor();
    for (const page of [second, third]) {
      assert.ok(!page.url().includes(API_TOKEN));
      const kept = await page.evaluate(() => [Object.values(localStorage), document.cookie, Object.keys(sessionStorage).sort()]);
      assert.deepEqual(kept, [[], "", ["hookvault.token", "test.begun"]]);
    }
    opened.clean();
  });

  test("ask again when the last one is closed", async () => {
    const first = await signedIn();
    const blank = await first.context().newPage();
    await first.goto(`${vault.url}/healthz`);
    await blank.goto(`${vault.url}/#/jobs/one`);
    await field(blank).waitFor();
    assert.equal(await blank.getByRole("alert").count(), 0);
  });

  test("sign out together, and in together", async () => {
    const first = await signedIn(READ_TOKEN);
    const second = await tab("#/jobs/one");
    await heading(second).waitFor();
    await second.getByRole("button", { name: "Sign out" }).click();
    for (const page of [first, second]) {
      await field(page).waitFor();
      assert.equal(await page.evaluate(() => sessionStorage.getItem("hookvault.token")), null);
    }
    const third = await tab();
    await field(third).waitFor();
    await signIn(first, API_TOKEN);
    await heading(second).waitFor();
    for (const page of [first, second, third]) await live(page);
    opened.clean();
  });

  test("give no token to the reader of a shared link", async () => {
    const first = await signedIn();
    const guest = await first.context().newPage();
    const { ticket } = await (await vault.post("/tickets", '{"scope":"job:one","ttl":600}',
      { authorization: `Bearer ${API_TOKEN}` })).json();
    await guest.goto(`${vault.url}/#/jobs/one?ticket=${ticket}`);
    await heading(guest).waitFor();
    await first.getByRole("button", { name: "Sign out" }).click();
    await field(first).waitFor();
    await signIn(first, API_TOKEN);
    await heading(await tab("#/jobs/one")).waitFor();
    assert.equal(await guest.evaluate(() => sessionStorage.getItem("hookvault.token")), null);
    await heading(guest).waitFor();
    opened.clean();
  });

  test("give nothing to a page of another origin", async () => {
    origin.on("/evil.html", file(Buffer.from(`${HTML}<iframe src="${vault.url}/"></iframe>`), { "content-type": "text/html" }));
    const first = await signedIn();
    const evil = await first.context().newPage();
    await evil.goto(`${origin.url}/evil.html`);
    await evil.evaluate((url) => open(url), vault.url);
    await nothingIsStolen(first, evil);
  });

  test("give nothing to a sender's stored file, to one that is read through, or to a body", async () => {
    const serve = (path, text, type) => {
      origin.on(path, file(Buffer.from(text), { "content-type": type }));
      return `${origin.url}${path}`;
    };
    await vault.deliver({ eventType: "completed", jobId: "evil", html: serve("/a.html", HTML, "text/html"),
      svg: serve("/b.svg", SVG, "image/svg+xml"), xhtml: serve("/c.xhtml", XHTML, "application/xhtml+xml"),
      xml: serve("/d.xml", XHTML, "text/xml"), liar: serve("/e.png", HTML, "image/png"), text: serve("/f.txt", HTML, "text/plain"),
      odd: serve("/g.html", HTML, "text/html; charset=utf-8, image/png"), bare: serve("/h.html", HTML, ""),
      data: `data:text/html;base64,${Buffer.from(HTML).toString("base64")}` });
    await vault.settled("evil");
    // This file cannot be copied, but its link leads to it.
    let asked = 0;
    origin.on("/through.html", (response) => ((asked += 1) === 1 ? status(500) : file(Buffer.from(HTML), { "content-type": "text/html" }))(response));
    await vault.deliver({ eventType: "completed", jobId: "through", page: `${origin.url}/through.html` });
    await vault.deliver(HTML);
    const urls = [...(await vault.job("evil")).files, ...(await vault.job("through")).files].map(({ url }) => url);
    assert.equal(urls.length, 10);
    const { ticket } = await (await vault.post("/tickets", '{"scope":"job:evil","ttl":600}', { authorization: `Bearer ${API_TOKEN}` })).json();
    urls.push(`${vault.url}/jobs/evil?ticket=${ticket}`, `${vault.url}/jobs/evil/events/1/body?ticket=${ticket}`,
      `${vault.url}/jobs/%3Cscript%3E?ticket=${ticket}`, `${vault.url}/hook/${HOOK_TOKEN}/%3Cscript%3E`);
    const first = await signedIn();
    for (const url of urls) {
      const page = await first.context().newPage();
      // Going to a URL that is only downloaded ends without a page.
      await page.goto(url).catch((error) => assert.match(error.message, /Download is starting|ERR_ABORTED/));
      await page.evaluate((src) => document.body?.append(Object.assign(document.createElement("iframe"), { src })), url).catch(() => {});
      await nothingIsStolen(first, page, url);
      await page.close();
    }
    // The same page would get the token if the vault served it as a page.
    await first.context().route("**/control.html", (route) => route.fulfill({ contentType: "text/html", body: HTML }));
    const control = await tab("control.html");
    await eventually("it gets the token", () => control.evaluate(() => globalThis.stolen?.some(({ token }) => token) || undefined));
  });

  /** Checks that no page of the profile has what an open tab gives to a new one, while a new one gets it. */
  async function nothingIsStolen(first, page, what) {
    const fresh = await tab("#/jobs/one");
    await heading(fresh).waitFor();
    const all = first.context().pages().filter((one) => one !== first && one !== fresh);
    assert.ok(all.includes(page));
    for (const frame of all.flatMap((one) => one.frames())) {
      const got = await frame.evaluate(() => [document.title, globalThis.stolen ?? []]).catch(() => ["", []]);
      assert.doesNotMatch(JSON.stringify(got), new RegExp(`STOLEN|${API_TOKEN}`), what);
    }
    await fresh.close();
  }
});
