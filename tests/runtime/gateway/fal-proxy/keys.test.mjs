// Each key is sent only to its own origin, whatever is asked for and whatever is answered.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PATIENT } from "../../support/calls.mjs";
import { startFalAi } from "../../support/fal/ai.mjs";
import { stopAll } from "../../support/stop.mjs";
import { ticketOf } from "../../support/tickets.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../../support/vault.mjs";
import { eventually } from "../../support/wait.mjs";

const KEYS = { FAL_KEY: "fal-key-0123456789", UPSTREAM_API_KEY: "batch-key-0123456789",
  UPSTREAM_FAL_KEY: "pipelet-fal-key-0123456789" };
/** The origins that may see a key. */
const HOME = {
  "https://queue.fal.run": KEYS.FAL_KEY, "https://fal.run": KEYS.FAL_KEY, "https://rest.fal.ai": KEYS.FAL_KEY,
  "https://batch.pipelet.net": KEYS.UPSTREAM_API_KEY, "https://api.pipelet.ai": KEYS.UPSTREAM_FAL_KEY,
};
const QUEUES = [["/queue/m", "https://batch.pipelet.net/queue/m"], ["/fal/queue/o/m", "https://api.pipelet.ai/fal/queue/o/m"]];
const UPLOAD = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3";
const AUTHORIZED = { authorization: `Bearer ${API_TOKEN}`, connection: "close" };

describe("keys", () => {
  let fal, vault;
  before(async () => {
    fal = await startFalAi();
    vault = await startVault({ change: fal.change, vars: { ...PATIENT, ...KEYS } });
  });
  after(() => stopAll(vault, fal));

  const ask = async (path, headers = {}, method = "POST") => {
    const init = { method, headers: { ...AUTHORIZED, cookie: "c=1", ...headers }, ...(method === "POST" && { body: "{}" }) };
    const response = await fetch(vault.url + path, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const proxy = (target, method) => ask("/fal/proxy", { "x-fal-target-url": target }, method);

  /** Checks that every request since the last call has its origin's key or none, and no other secret. */
  function clean() {
    const all = fal.seen({ all: true });
    for (const { line, url, headers } of all) {
      const own = HOME[url.origin];
      const shown = headers.authorization?.replace(/^(Key|Bearer) /, "");
      assert.equal(shown, own, line);
      const rest = JSON.stringify({ ...headers, authorization: undefined });
      for (const secret of [...Object.values(KEYS), API_TOKEN, HOOK_TOKEN, "c=1"]) {
        assert.ok(!rest.includes(secret), `${secret} in ${rest}`);
      }
    }
    return all;
  }
  const origins = (all) => [...new Set(all.map(({ url }) => url.origin))];

  it("are sent to their own origins, in the scheme of each", async () => {
    await proxy("https://queue.fal.run/a/b");
    await proxy("https://fal.run/a/b");
    await proxy(UPLOAD);
    for (const [path] of QUEUES) await ask(path);
    const all = clean();
    assert.deepEqual(origins(all), Object.keys(HOME));
    for (const { url, authorization } of all) {
      assert.match(authorization, url.hostname.includes("pipelet") ? /^Bearer / : /^Key /, url.origin);
    }
  });

  it("do not follow a redirect", async () => {
    const away = (response) => response.writeHead(302, { location: "https://evil.example/steal" }).end();
    const targets = ["https://queue.fal.run/re/direct", "https://fal.run/re/direct"];
    for (const target of targets) fal.on(target, away);
    for (const [, url] of QUEUES) fal.on(`${url}-away`, away);
    const answers = await Promise.all([...targets.map((target) => proxy(target)), ...QUEUES.map(([path]) => ask(`${path}-away`))]);
    for (const { status, text, headers } of answers) {
      assert.equal(status, 502, text);
      assert.equal(headers.get("location"), null);
      assert.match(JSON.parse(text).message, /302/);
    }
    assert.ok(!origins(clean()).includes("https://evil.example"));
  });

  it("are not sent to where an answer points", async () => {
    const hostile = ["https://evil.example/requests/r1", "https://queue.fal.run.evil.example/r1", "http://queue.fal.run/r1",
      "https://queue.fal.run@evil.example/r1", "https://queue.fal.run:8443/r1", "//evil.example/r1"];
    for (const [n, url] of hostile.entries()) {
      const id = `r-${n}`;
      fal.on("https://queue.fal.run/hos/tile", (response) => response.writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ request_id: id, response_url: url, status_url: `${url}/status`, cancel_url: `${url}/cancel` })));
      const { text } = await proxy("https://queue.fal.run/hos/tile");
      for (const led of Object.values(JSON.parse(text)).slice(1)) assert.ok(led.startsWith(`${vault.url}/fal/queue/`), led);
      fal.seen();
      await proxy(`https://queue.fal.run/hos/tile/requests/${id}/status`, "GET");
      await proxy(`https://queue.fal.run/hos/tile/requests/${id}/cancel`, "PUT");
      await ask(`/fal/queue/hos/tile/requests/${id}`, {}, "GET");
      const all = clean();
      assert.ok(all.length >= 3, "fal is asked");
      assert.deepEqual(origins(all), ["https://queue.fal.run"], url);
    }
  });

  it("are not sent with fetches of files or public keys, or to the client's webhook", async () => {
    const { text } = await proxy("https://queue.fal.run/a/b?fal_webhook=https%3A%2F%2Fclient.example%2Fhook");
    const id = JSON.parse(text).request_id;
    vault.watch(id);
    await fal.complete(id, '{"image":{"url":"https://v3.fal.media/files/k.png"}}');
    await vault.settled(id);
    for (const origin of ["https://v3.fal.media", "https://client.example"]) {
      await eventually(`${origin} is asked`, () => fal.asked(origin) || undefined);
    }
    const all = clean();
    assert.equal(all.find(({ line }) => line === "POST https://queue.fal.run/a/b").url.searchParams.get("fal_webhook")
      .startsWith(`${vault.url}/hook/r_`), true);
  });

  it("are not sent if they are not set", async (context) => {
    const bare = await startVault({ change: fal.change, vars: { ...PATIENT, UPSTREAM_API_KEY: KEYS.UPSTREAM_API_KEY } });
    context.after(() => bare.stop());
    fal.seen();
    const { ticket } = await ticketOf(bare);
    for (const [target, want] of [["https://queue.fal.run/o/m", 200], ["https://fal.run/o/m", 503], [UPLOAD, 503]]) {
      const headers = { "x-fal-target-url": target, connection: "close" };
      const response = await fetch(`${bare.url}/fal/proxy/t_${ticket}`, { method: "POST", headers, body: "{}" });
      const text = await response.text();
      assert.equal(response.status, want, text);
      if (want === 503) assert.match(JSON.parse(text).message, /FAL_KEY is not set/);
    }
    const [{ line, authorization }, ...others] = fal.seen();
    assert.deepEqual([line, authorization, others.length],
      ["POST https://api.pipelet.ai/fal/queue/o/m", `Key ${KEYS.UPSTREAM_API_KEY}`, 0]);
  });
});
