// The same client in a Worker and in a browser: it submits, waits, follows the timeline and the live feed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { chromiumOptions } from "../../../tools/test/browser.mjs";
import { inRoot } from "../../../tools/setup/project.mjs";
import { listen } from "../support/servers/listen.mjs";
import { lacking } from "../support/programs/tools.mjs";
import { startUpstream } from "../support/servers/upstream.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";

/** What runs in each of them; it resolves to `WANTED`. */
const PLAY = `
import { HookVault, HookVaultError } from "hookvault/client";
export async function play(url, token) {
  const vault = new HookVault({ url, token, pauseMs: 20 });
  let id;
  const changes = (async () => {
    for await (const change of vault.live()) {
      if (change.type === "current" && !id) ({ id } = await vault.submit("flux-schnell", { prompt: "x" }));
      else if (change.type === "job" && change.job.id === id && change.job.archive === "stored") return change.job.status;
    }
  })();
  const status = await changes;
  const job = await vault.wait(id);
  const types = [];
  for await (const { eventType, outcome } of vault.events(id)) if (outcome === "applied") types.push(eventType);
  const [file] = await vault.files(job);
  const bytes = (await new Response(await file.stream()).arrayBuffer()).byteLength;
  const code = await vault.job("unknown").catch((error) => error instanceof HookVaultError && error.code);
  const refused = await new HookVault({ url, token: "wrong-token-0123456789" }).live().next().catch((error) => error.code);
  return { status, ended: types.at(-1), isWhole: bytes === file.size, code, refused };
}`;
const WANTED = { status: "completed", ended: "completed", isWhole: true, code: "no-such-job", refused: "wrong-token" };

async function bundled(more, options) {
  const stdin = { contents: PLAY + more, resolveDir: inRoot() };
  const { outputFiles: [{ text }] } = await build({ stdin, bundle: true, write: false, format: "esm", target: "es2022", ...options });
  return text;
}

let upstream, vault;
before(async () => {
  upstream = await startUpstream();
  vault = await startVault({ sources: upstream.sources, vars: { ...upstream.vars, CORS_ORIGINS: "*" } });
});
after(() => stopAll(vault, upstream));

test("in a Worker", async (t) => {
  const script = await bundled(`
export default { fetch: async (request) => Response.json(await play(...(await request.json()))) };`);
  const worker = new Miniflare({ modules: true, script, compatibilityDate: "2026-02-24" });
  t.after(() => worker.dispose());
  const response = await worker.dispatchFetch("http://worker/", { method: "POST", body: JSON.stringify([vault.url, API_TOKEN]) });
  assert.deepEqual(await response.json(), WANTED);
});

test("in a browser", { skip: lacking("chromium") }, async (t) => {
  const script = await bundled(`globalThis.play = play;`, { platform: "browser" });
  const pages = await listen(createServer((request, response) => {
    const isScript = request.url === "/play.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : `<script type="module" src="/play.js"></script>`);
  }));
  t.after(pages.stop);
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch(chromiumOptions());
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(pages.url);
  await page.waitForFunction(() => globalThis.play);
  assert.deepEqual(await page.evaluate(([url, token]) => globalThis.play(url, token), [vault.url, API_TOKEN]), WANTED);
});
