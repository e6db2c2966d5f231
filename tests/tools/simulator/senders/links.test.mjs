// The played senders' output URLs: their styles, their end, keys, renewal.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { describe, test } from "node:test";
import { until } from "../../support/rig.mjs";
import { clientOf } from "./client.mjs";
import { CLIENTS } from "./table.mjs";

const find = (name) => CLIENTS.find(({ as }) => as === name);
const hour = 3_600;

/** Reads when a URL of each style says that it ends, in seconds. */
const ENDS = {
  tos: (query) => Date.parse(query.get("X-Tos-Date").replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1_000
    + Number(query.get("X-Tos-Expires")),
  cloudfront: (query) => Number(query.get("Expires")),
  sas: (query) => Date.parse(query.get("se")) / 1_000,
  jwt: (query) => JSON.parse(Buffer.from(query.get("_jwt").split(".")[1], "base64url")).exp,
};

describe("a URL in the style", () => {
  for (const [style, endOf] of Object.entries(ENDS)) {
    test(`${style} says when it ends, and then gives 403`, async (t) => {
      const { hook, run, download } = await clientOf(t, find("luma"), { knobs: { links: style } });
      const url = async (expiresIn) => {
        await run({ expiresIn });
        return hook.received.at(-1).body.assets.video;
      };
      const lasting = await url(2 * hour + 1);
      const left = endOf(new URL(lasting).searchParams) - Date.now() / 1_000;
      assert.ok(left > 2 * hour - 60 && left < 2 * hour + 2, `${left} s`);
      assert.equal((await download(lasting)).status, 200);
      assert.equal((await download(lasting.replace(/.$/, (last) => (last === "A" ? "B" : "A")))).status, 403, "changed");
      const brief = await url(1);
      await until("403", async () => (await download(brief)).status === 403);
      assert.equal((await download(lasting)).status, 200);
    });
  }

  test("plain says nothing, and gives 403 at its sender's time all the same", async (t) => {
    const { hook, run, download } = await clientOf(t, find("luma"));
    await run({ expiresIn: 1 });
    const { video } = hook.received.at(-1).body.assets;
    assert.equal(new URL(video).search, "");
    await until("403", async () => (await download(video)).status === 403);
  });
});

describe("the outputs of", () => {
  const LIVES = { "bfl/signature": ["sas", 600], byteplus: ["tos", 24 * hour], runway: ["jwt", 24 * hour] };
  for (const [as, [style, lifeS]] of Object.entries(LIVES)) {
    test(`${as} live as long as its pages say`, async (t) => {
      const client = find(as);
      const { run, poll } = await clientOf(t, client);
      const url = (client.polledUrl ?? client.url)(await poll(await run()));
      const left = ENDS[style](new URL(url).searchParams) - Date.now() / 1_000;
      assert.ok(Math.abs(left - lifeS) < 60, `${left} s`);
    });
  }

  for (const as of ["openrouter", "gemini/project"]) {
    test(`${as} need the key`, async (t) => {
      const client = find(as);
      const { run, poll, download } = await clientOf(t, client);
      const url = client.polledUrl(await poll(await run()));
      assert.equal((await fetch(url)).status, 401);
      assert.equal((await fetch(url, { headers: client.key("wrong") })).status, 401);
      assert.equal((await download(url)).status, 200);
    });
  }

  test("kie need a user agent, and are renewed when they have ended", async (t) => {
    const client = find("kie/jobs");
    const { hook, ask, run, download, headers } = await clientOf(t, client);
    await run({ expiresIn: 1 });
    const url = client.url(hook.received[0].body);
    await until("403", async () => (await download(url)).status === 403);
    const renew = (body, init) => ask("api/v1/common/download-url", { method: "POST", body: JSON.stringify(body), ...init });
    const { code, data } = await (await renew({ url })).json();
    assert.equal(code, 200);
    assert.equal((await download(data)).status, 200);
    assert.equal((await renew({ url: "https://example.com/a.png" })).status, 404);
    assert.equal((await renew({ url }, { headers: { ...headers, authorization: "Bearer wrong" } })).status, 401);
    await run();
    const lasting = client.url(hook.received[1].body);
    assert.equal((await fetch(lasting, { headers: { "user-agent": "a" } })).status, 200);
    assert.equal(await bareStatus(lasting), 403);
  });

  test("a range of a file", async (t) => {
    const client = find("luma");
    const { hook, run } = await clientOf(t, client);
    await run();
    const answer = await fetch(client.url(hook.received.at(-1).body), { headers: { range: "bytes=4-7" } });
    assert.deepEqual([answer.status, await answer.text()], [206, "ftyp"]);
  });
});

/** Fetches without a user agent, which `fetch` always sends. */
async function bareStatus(url) {
  const [answer] = await once(get(url), "response");
  answer.resume();
  return answer.statusCode;
}

test("a sender's endpoints fail and stall as the knobs say", async (t) => {
  const client = find("openrouter");
  const { simulator, ask, run, poll, download } = await clientOf(t, client);
  const id = await run();
  const url = client.polledUrl(await poll(id));
  const fail = { submit: { status: 429, times: 1 }, status: { status: 503, times: 1, headers: { "retry-after": "1" } }, download: { status: 500, times: 1 } };
  await fetch(`${simulator.url}/_sim/knobs`, { method: "PUT", body: JSON.stringify({ fail }) });
  const { path, body } = client.submit("http://127.0.0.1:1/");
  assert.equal((await ask(path, { method: "POST", body: JSON.stringify(body) })).status, 429);
  const refused = await ask(client.poll(id));
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assert.deepEqual([(await download(url)).status, (await download(url)).status], [500, 200]);
});
