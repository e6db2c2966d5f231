// fal.ai's signed webhooks: which signatures are trusted, and which are refused.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { error, newKey, ok, unreadable } from "../../support/fal/sender.mjs";
import { FAL_KEY, startFalVault } from "../../support/fal/vault.mjs";
import { API_TOKEN } from "../../support/vault.mjs";

const QUEUE = "https://queue.fal.run";
const SEED = "196619188014358660";

let fal, outbound, vault, cold, letter, send, trust, exists, outcome, stop;
before(async () => {
  ({ fal, outbound, vault, cold, letter, send, trust, exists, outcome, stop } = await startFalVault());
});
after(() => stop());

describe("a signature of fal.ai", () => {
  const WRONG = /^401: the delivery's signature fits neither this body nor a known key/;
  const TIME = /^401: the delivery's signature is over 5 minutes old or ahead/;
  const HEADER = /^401: the `[a-z-]+` header of the delivery's signature is missing/;
  const seconds = (more) => Math.floor(Date.now() / 1_000) + more;
  before(() => cold());

  it("earns trust, and the body's numbers stay exact", async () => {
    const url = "https://v3.fal.media/files/a.mp4";
    const payload = `{"seed":${SEED},"video":{"url":"${url}"},"f":1.10}`;
    const body = ok("fal-seed", null).replace("null", payload);
    const headers = fal.signed({ requestId: "fal-seed", body });
    assert.equal((await send({ body, headers })).status, 200);
    const job = await vault.settled("fal-seed");
    assert.deepEqual([job.provider, job.archive, await trust("fal-seed")], ["fal", "stored", "signed"]);
    const result = await (await vault.get("/jobs/fal-seed/result")).text();
    assert.equal(result, payload.replace(url, job.files[0].url));
    assert.equal((await send({ body, headers })).duplicate, true, "a replay within the tolerance");
  });

  it("does not count if any signed part was changed", async () => {
    const { requestId, body, headers } = letter();
    assert.match(await outcome({ key: newKey() }), WRONG, "forged");
    assert.match(await outcome({ requestId, headers, sent: body.replace("true", "1") }), WRONG);
    assert.match(await outcome({ requestId, headers, sent: `${body} ` }), WRONG);
    for (const [name, value] of [["request-id", `${requestId}0`], ["timestamp", `${seconds(1)}`],
      ["timestamp", `0${headers["x-fal-webhook-timestamp"]}`], ["signature", ""], ["signature", "zz"],
      ["signature", headers["x-fal-webhook-signature"].slice(2)]]) {
      const changed = { ...headers, [`x-fal-webhook-${name}`]: value };
      assert.match(await outcome({ requestId, headers: changed }), WRONG, name);
    }
    assert.equal(await outcome({ requestId, headers }), "signed", "as it was signed");
    const { refused } = await vault.json("/refused");
    assert.ok(refused.some(({ status, reason }) => status === 401 && WRONG.test(`401: ${reason}`)));
  });

  it("does not count without its time, or long before or after it", async () => {
    for (const timestamp of [seconds(-301), seconds(+400), 0, 99_999_999_999]) {
      assert.match(await outcome({ timestamp }), TIME, `${timestamp}`);
    }
    for (const timestamp of [`${seconds(0)}abc`, `+${seconds(0)}`, "1e9", "", "-1", "9".repeat(30)]) {
      assert.match(await outcome({ timestamp }), HEADER, timestamp);
    }
    for (const timestamp of [seconds(-290), seconds(+290)]) assert.equal(await outcome({ timestamp }), "signed");
  });

  it("does not count without one of its headers; without all of them there is no signature", async () => {
    const without = (name) => {
      const { requestId, headers: { [`x-fal-webhook-${name}`]: _, ...headers } } = letter();
      return outcome({ requestId, headers });
    };
    assert.match(await without("request-id"), WRONG);
    assert.match(await without("user-id"), /FAL_USER_ID/);
    assert.match(await without("timestamp"), HEADER);
    assert.equal(await without("signature"), "token");
    assert.equal(await outcome({ headers: {} }), "token");
  });

  it("may sign an empty body, or one that is not text", async () => {
    for (const body of ["", Buffer.from("fffe00", "hex")]) {
      assert.equal((await send(letter({ body }))).status, 202);
      assert.equal((await send(letter({ body, key: newKey() }))).status, 401);
    }
  });

  it("does not replace the hook token", async () => {
    const { asked } = await cold();
    const { requestId, body, headers } = letter();
    for (const path of ["/hook", "/hook/wrong-token-0123456789", "/hook/r_gw-1.00112233445566778899aabbccddeeff"]) {
      assert.equal((await vault.post(path, body, headers)).status, 401, path);
    }
    assert.deepEqual([asked(), await exists(requestId)], [0, false]);
  });
});

describe("the account of a signature", () => {
  it("is checked before any key is fetched", async () => {
    const { asked } = await cold();
    for (const userId of ["fal-user-2", "", "FAL-USER-1", "fal-user-1,fal-user-2"]) {
      assert.match(await outcome({ userId }), /^401: .*of another fal account; correct FAL_USER_ID$/);
    }
    assert.equal(asked(), 0);
    assert.equal(await outcome(), "signed");
    assert.equal(asked(), 1);
  });

  it("must be known, because a signature proves nothing without it", async () => {
    const { asked } = await cold({ FAL_USER_ID: null });
    assert.deepEqual([await outcome(), await outcome({ key: newKey() }), asked()], ["token", "token", 0]);
  });
});

describe("a job of the gateway's", () => {
  const call = { method: "POST", body: "{}", headers: { authorization: `Bearer ${API_TOKEN}`,
    "x-fal-target-url": `${QUEUE}/fal-ai/flux/dev` } };
  const keys = [];
  /** Makes fal.ai's queue answer this text for this job. */
  const result = (id, text) => outbound.on(`${QUEUE}/fal-ai/flux/requests/${id}`, (response, request) => {
    keys.push(request.headers.authorization);
    response.writeHead(200, { "content-type": "application/json" }).end(text);
  });

  /** Submits through the proxy, and returns the hook's path that fal.ai got. */
  async function submit(id) {
    const url = `${QUEUE}/fal-ai/flux/requests/${id}`;
    const answer = JSON.stringify({ request_id: id, response_url: url, status_url: `${url}/status`, cancel_url: `${url}/cancel` });
    outbound.onAnyQuery(`${QUEUE}/fal-ai/flux/dev`, (response) => response.end(answer));
    outbound.seen();
    assert.equal((await fetch(`${vault.url}/fal/proxy`, call)).status, 200);
    vault.watch(id);
    const line = outbound.seen().find((line) => line.startsWith("POST"));
    return new URL(new URL(line.split(" ")[1]).searchParams.get("fal_webhook")).pathname;
  }
  const post = async (path, { body, headers }) => (await vault.post(path, body, headers)).status;

  it("is trusted by its capability, and more by a signature", async () => {
    await cold();
    const path = await submit("gate-1");
    assert.equal(await post(path, letter({ requestId: "gate-1", key: newKey() })), 401);
    assert.equal(await post(path, letter({ requestId: "gate-1", userId: "fal-user-2" })), 401);
    assert.equal((await vault.job("gate-1")).deliveries, 0);
    assert.equal(await post(path, letter({ requestId: "gate-1", body: error("gate-1", "no"), headers: {} })), 200);
    assert.equal(await post(path, letter({ requestId: "gate-1" })), 200);
    assert.deepEqual([await trust("gate-1"), (await vault.settled("gate-1")).status], ["capability,signed", "completed"]);
  });

  it("has its result fetched when it is too large for a delivery, or missing in it", async () => {
    for (const [id, body, code] of [["gate-2", ok("gate-2", "x".repeat(5_000)), 413],
      ["gate-3", unreadable("gate-3", "too large"), 200]]) {
      result(id, `{"seed":${SEED}}`);
      assert.equal(await post(await submit(id), letter({ requestId: id, body })), code);
      assert.equal((await vault.settled(id)).status, "completed");
      assert.equal(await (await vault.get(`/jobs/${id}/result`)).text(), `{"seed":${SEED}}`);
    }
    assert.deepEqual(new Set(keys), new Set([`Key ${FAL_KEY}`]));
  });

  it("is found by its application too, although the result's URL has no endpoint", async () => {
    result("app-1", `{"seed":${SEED}}`);
    const one = letter({ requestId: "app-1", body: ok("app-1", null) });
    assert.equal((await send(one, { query: "?app=fal-ai/flux/dev" })).status, 200);
    assert.equal((await vault.settled("app-1")).heals, 1);
    assert.equal((await send(one)).duplicate, true);
    assert.equal((await vault.job("app-1")).healing, undefined);
  });

  it("is confirmed at fal.ai first, if VERIFY_RESULTS is set and there is no signature", async () => {
    await cold({ VERIFY_RESULTS: "true" });
    result("check-1", `{"seed":${SEED}}`);
    keys.length = 0;
    for (const [id, headers] of [["check-1", {}], ["check-2", undefined]]) {
      const one = letter({ requestId: id, body: ok(id, { claimed: id }), headers });
      assert.equal((await send(one, { query: "?app=fal-ai/flux" })).status, 200);
    }
    const results = ["check-1", "check-2"].map(async (id) => (await vault.settled(id)).heals);
    assert.deepEqual(await Promise.all(results), [1, 0]);
    assert.equal(await (await vault.get("/jobs/check-1/result")).text(), `{"seed":${SEED}}`);
    assert.equal(keys.length, 1);
  });
});

describe("a signed job", () => {
  it("is the same after a restart", async () => {
    const { requestId, body, headers } = letter();
    await send({ body, headers });
    const { asked } = await cold();
    assert.equal((await send({ body, headers })).duplicate, true);
    assert.deepEqual([await trust(requestId), asked()], ["signed,signed", 1]);
  });
});
