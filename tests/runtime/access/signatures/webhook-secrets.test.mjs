// `WEBHOOK_SECRETS`: secrets of named senders and of any, and Google's tokens, which sign no body.
import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { published } from "../../support/fal/sender.mjs";
import { status } from "../../support/servers/origin.mjs";
import { startOutbound } from "../../support/servers/outbound.mjs";
import { stopAll } from "../../support/stop.mjs";
import { startVault } from "../../support/vault.mjs";
import { sign } from "../../support/programs/webhook-libraries.mjs";

const ANY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OWN = `whsec_${"B".repeat(32)}`;
const OLDER = `whsec_${"D".repeat(32)}`;
const FOREIGN = `whsec_${"C".repeat(32)}`;
const BFL = "bfl-secret-0123456789";
const JWKS_URL = "https://generativelanguage.googleapis.com/.well-known/jwks.json";

let outbound, vault;
before(async () => {
  outbound = await startOutbound();
  vault = await startVault({ vars: { WEBHOOK_SECRETS: ANY }, change: outbound.change });
});
after(() => stopAll(vault, outbound));

const seconds = () => Math.floor(Date.now() / 1_000);
let n = 0;
const prediction = (id) => `{"id":"${id}","version":"v","model":"a/b","input":{},"status":"succeeded","output":"done",` +
  `"created_at":"2025-12-27T22:39:34Z"}`;
const event = (id) => JSON.stringify({ eventType: "completed", jobId: id, queueName: "q", done: true });

/** Sends a body with headers that `make` returns, and returns the trust that it got, or the refusal's status. */
async function outcome(make, { text = prediction } = {}) {
  const id = `s-${(n += 1)}`;
  const body = text(id);
  const answer = await vault.deliver(body, { headers: await make({ id, body }) });
  if (answer.status === 200) return (await vault.events(id)).flatMap(({ trust }) => trust ?? []).join();
  assert.equal((await vault.get(`/jobs/${id}?wait=0`)).status, 404, "a refused delivery has made a job");
  return answer.status;
}

const standard = (secret) => async ({ id, body }) => {
  const message = { id: `msg_${id}`, timestamp: seconds(), body };
  return { "webhook-id": message.id, "webhook-timestamp": `${message.timestamp}`,
    "webhook-signature": await sign("standardwebhooks-js", secret, message) };
};
const bfl = (secret) => ({ body }) =>
  ({ "x-bfl-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` });
const silent = () => ({});

describe("a secret without a name", () => {
  it("is for any sender by Standard Webhooks, in either variable", async () => {
    for (const vars of [{ WEBHOOK_SECRETS: `${OLDER},${ANY}` }, { WEBHOOK_SECRETS: null, REPLICATE_WEBHOOK_SECRET: ANY },
      { WEBHOOK_SECRETS: OLDER, REPLICATE_WEBHOOK_SECRET: ANY }]) {
      await vault.restart(vars);
      for (const text of [prediction, event]) {
        assert.deepEqual([await outcome(standard(ANY), { text }), await outcome(standard(FOREIGN), { text }),
          await outcome(silent, { text })], ["signed", 401, "token"]);
      }
    }
  });

  it("says nothing about other headers", async () => {
    await vault.restart({ WEBHOOK_SECRETS: ANY, REPLICATE_WEBHOOK_SECRET: null });
    assert.equal(await outcome(bfl(FOREIGN)), "token");
    assert.equal(await outcome(() => ({ "webhook-signature": `v3,${"0".repeat(64)}`, "webhook-id": "1" })), "token");
  });
});

describe("a secret of a named sender", () => {
  it("makes that sender sign, and no other", async () => {
    await vault.restart({ WEBHOOK_SECRETS: `replicate=${OWN},replicate=${OLDER}` });
    assert.deepEqual([await outcome(standard(OWN)), await outcome(standard(OLDER)), await outcome(standard(FOREIGN)),
      await outcome(silent)], ["signed", "signed", 401, 401]);
    for (const make of [standard(FOREIGN), standard(OWN), silent]) assert.equal(await outcome(make, { text: event }), "token");
    assert.match(JSON.stringify(await vault.json("/refused")), /WEBHOOK_SECRETS has a secret of its sender/);
  });

  it("signs nothing for another sender", async () => {
    await vault.restart({ WEBHOOK_SECRETS: `kling=${OWN},bfl=${BFL}` });
    for (const make of [standard(OWN), standard(FOREIGN), bfl(BFL), bfl(FOREIGN), silent]) {
      assert.equal(await outcome(make), "token");
    }
    await vault.restart({ WEBHOOK_SECRETS: `kling=${OWN},replicate=${OLDER}` });
    assert.deepEqual([await outcome(standard(OWN)), await outcome(standard(OLDER))], [401, "signed"]);
  });

  it("is found in a large and in a packed body too", async () => {
    await vault.restart({ WEBHOOK_SECRETS: `replicate=${OWN}` });
    const text = (id) => prediction(id).replace("done", "x".repeat(300_000));
    assert.deepEqual([await outcome(standard(OWN), { text }), await outcome(standard(FOREIGN), { text })], ["signed", 401]);
    assert.deepEqual(await vault.keys("incoming/"), [], "the refused body is still there");
  });
});

describe("an entry that is no secret", () => {
  it("is counted and not shown, and the others count", async () => {
    vault.expectErrors(/WEBHOOK_SECRETS: invalid entries: 3;/);
    const wrong = ["no-sender=secret-0123456789", "replicate=short", "secret-that-has-no-name-0123"];
    await vault.restart({ WEBHOOK_SECRETS: [...wrong, `replicate=${OWN}`].join() });
    assert.equal(await outcome(standard(OWN)), "signed");
    const check = (await vault.json("/doctor")).checks.find(({ name }) => name === "WEBHOOK_SECRETS");
    assert.match(check.detail, /invalid entries: 3; each must be `whsec_`/);
    assert.equal(check.fix, "npx wrangler secret put WEBHOOK_SECRETS");
    assert.doesNotMatch(JSON.stringify(check), /no-sender|secret-0123456789|short|no-name/);
  });
});

describe("a token of Google's", () => {
  const [key, other] = [1, 2].map(() => generateKeyPairSync("rsa", { modulusLength: 2_048 }));
  const jwk = ({ publicKey }) => ({ ...publicKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "1" });
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const jwt = ({ privateKey }, { alg = "RS256", exp = seconds() + 60 } = {}) => () => {
    const message = `${part({ alg, kid: "1" })}.${part({ aud: "a", exp })}`;
    const signature = signBytes("sha256", Buffer.from(message), privateKey).toString("base64url");
    return { "webhook-signature": `${message}.${signature}`, "webhook-id": "1", "webhook-timestamp": `${seconds()}` };
  };

  it("is checked, and raises no trust", async () => {
    await vault.restart({ WEBHOOK_SECRETS: ANY, RETRY_BASE_MS: "25" });
    outbound.on(JWKS_URL, published({ keys: [{ kty: "OKP" }, jwk(key)] }));
    assert.equal(await outcome(jwt(key), { text: event }), "token");
    assert.equal(await outcome(jwt(other), { text: event }), 401);
    assert.equal(await outcome(jwt(key, { alg: "none" }), { text: event }), 401);
    assert.equal(await outcome(jwt(key, { exp: seconds() - 400 }), { text: event }), 401);
  });

  it("stops no delivery while the keys can't be fetched", async () => {
    vault.expectErrors(/Google's keys/);
    await vault.restart({ WEBHOOK_SECRETS: ANY, RETRY_BASE_MS: "25" });
    outbound.on(JWKS_URL, status(500));
    assert.equal(await outcome(jwt(other), { text: event }), "token");
  });
});
