// Without PUBLIC_URL, the owner's requests decide the vault's name. The holder of a ticket can put any name into a
// request's `Host`, and webhooks and files would be expected there.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { PATIENT, queuesAt, says } from "../support/calls.mjs";
import { startOrigin } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { ticketOf } from "../support/tickets.mjs";
import { API_TOKEN, startVault } from "../support/vault.mjs";

const OWNERS = "vault.example";
const EVIL = "evil.example";
const TARGET = "https://queue.fal.run/o/m";
const bearer = { authorization: `Bearer ${API_TOKEN}` };

describe("without PUBLIC_URL", () => {
  let origin, vault;
  before(async () => {
    origin = await startOrigin();
    vault = await startVault({ vars: { ...queuesAt(origin), ...PATIENT } });
    let n = 0;
    origin.on("/fal/queue/o/m", says(() => ({ request_id: `named-${(n += 1)}`, status: "IN_QUEUE",
      status_url: `${origin.url}/fal/queue/o/m/requests/named-${n}/status` })));
    vault.leaveWork();
  });
  after(() => stopAll(vault, origin));

  /** Calls the vault under a name. */
  async function post(host, path, body, headers = {}) {
    const { hostname, port } = new URL(vault.url);
    const sent = request({ hostname, port, method: "POST", path, agent: false,
      headers: { host, "content-type": "application/json", ...headers } });
    sent.end(JSON.stringify(body));
    const [answer] = await once(sent, "response");
    const text = Buffer.concat(await answer.toArray()).toString();
    return { status: answer.statusCode, headers: answer.headers, text, json: JSON.parse(text) };
  }
  const submit = (host, ticket, query = "") =>
    post(host, `/fal/proxy/t_${ticket}`, { prompt: `${Math.random()}` }, { "x-fal-target-url": TARGET + query });
  const submitted = () => origin.requests("/fal/queue/o/m");
  const hook = () => new URL(submitted().at(-1).url, "http://x").searchParams.get("fal_webhook");

  it("a ticket's submission uses the name by which its owner calls, whatever its holder writes", async () => {
    const { json: { ticket } } = await post(OWNERS, "/tickets", { scope: "proxy" }, bearer);
    for (const host of [EVIL, OWNERS, new URL(vault.url).host]) {
      const { status, headers, text, json } = await submit(host, ticket);
      assert.equal(status, 200, text);
      assert.ok(hook().startsWith(`http://${OWNERS}/hook/r_`), hook());
      assert.ok(json.status_url.startsWith(`http://${OWNERS}/`), text);
      assert.ok(headers["x-hookvault-file"].startsWith(`http://${OWNERS}/files/`));
      assert.ok(!(text + JSON.stringify(headers)).includes(EVIL));
      await vault.deliver({ eventType: "failed", jobId: json.request_id });
      assert.ok(!JSON.stringify(await vault.job(json.request_id)).includes(EVIL));
    }
  });

  it("the vault recognizes its own hook by either name", async () => {
    const { json: { ticket } } = await post(OWNERS, "/tickets", { scope: "proxy" }, bearer);
    for (const name of [OWNERS, EVIL]) {
      const { status, text, json } = await submit(EVIL, ticket, `?fal_webhook=${encodeURIComponent(`http://${name}/hook/x`)}`);
      assert.equal(status, 200, text);
      assert.match((await vault.events(json.request_id))[0].detail, /this vault's own/);
    }
  });

  it("the owner's submission uses the name of that request", async () => {
    const { status, json } = await post(OWNERS, "/fal/queue/o/m", { prompt: "owner" }, bearer);
    assert.equal(status, 200);
    assert.ok(hook().startsWith(`http://${OWNERS}/hook/r_`));
    assert.ok(json.status_url.startsWith(`http://${OWNERS}/`));
  });

  it("a ticket without a name submits nothing and uses nothing up, until PUBLIC_URL is set", async () => {
    await vault.restart({ PUBLIC_URL: `https://${OWNERS}` });
    const { ticket } = await ticketOf(vault, { count: 1 });
    await vault.restart({ PUBLIC_URL: null });
    const before = submitted().length;
    for (const host of [EVIL, OWNERS]) {
      const { status, json } = await submit(host, ticket);
      assert.equal(status, 503);
      assert.match(json.detail, /PUBLIC_URL/);
    }
    assert.equal(submitted().length, before);
    await vault.restart({ PUBLIC_URL: `https://${OWNERS}` });
    const { status, text, json } = await submit(EVIL, ticket);
    assert.equal(status, 200, text);
    assert.ok(hook().startsWith(`https://${OWNERS}/hook/r_`));
    // The holder's name must not come back when PUBLIC_URL is removed either.
    await vault.restart({ PUBLIC_URL: null });
    await vault.deliver({ eventType: "failed", jobId: json.request_id });
    const answer = await vault.get(`/fal/queue/o/m/requests/${json.request_id}`);
    assert.ok(!(await answer.text()).includes(EVIL));
  });
});
