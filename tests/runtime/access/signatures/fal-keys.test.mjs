// fal.ai's public keys: fetched, rotated, unreachable, unusual.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { broken, newKey, published, stall } from "../../support/fal/sender.mjs";
import { startFalVault } from "../../support/fal/vault.mjs";
import { reset, status } from "../../support/servers/origin.mjs";
import { redirectTo } from "../../support/servers/outbound.mjs";
import { eventually } from "../../support/wait.mjs";

/** Uses the production pauses between fetches of the keys. */
const REAL_PAUSES = { RETRY_BASE_MS: "2000" };

let fal, cold, outcome, stop;
before(async () => {
  ({ fal, cold, outcome, stop } = await startFalVault());
});
after(() => stop());

describe("fal.ai's keys", () => {
  it("are fetched once for many webhooks, whatever signed them", async () => {
    const { asked } = await cold(REAL_PAUSES);
    const many = await Promise.all(Array.from({ length: 10 }, () => outcome()));
    assert.deepEqual(many, many.map(() => "signed"));
    const first = asked();
    assert.ok(first >= 1 && first <= 10, `${first} fetches of ten at once`);
    for (const key of [newKey(), undefined, newKey()]) await outcome(key && { key });
    assert.equal(asked(), first);
  });

  const large = published({ keys: [], more: "x".repeat(70_000) });
  for (const [what, step] of Object.entries({ "a 500": status(500), "a reset": reset, "half a text": broken,
    "no keys": published({ keys: [] }), "too much": large, "a redirect": redirectTo("https://fal.media/k"),
    "keys of another kind": published({ keys: [null, 7, { kty: "RSA", x: 7 }, { ...newKey().jwk, x: "AA" }] }),
    silence: stall })) {
    it(`that can't be fetched (${what}) stop no delivery, and the log says so`, async () => {
      const { asked } = await cold(REAL_PAUSES);
      fal.fail(step);
      assert.equal(await outcome(), "token");
      fal.heal();
      assert.deepEqual([await outcome(), await outcome({ key: newKey() }), asked()], ["token", "token", 1]);
    });
  }

  it("that are unusable do not harm the others", async () => {
    await cold();
    fal.fail(published({ keys: [null, { kty: "OKP", x: null }, { kty: "RSA", n: "AQAB" }, ...fal.jwks().keys] }));
    assert.equal(await outcome(), "signed");
  });

  it("may change: newer ones are fetched, and the old ones are kept until then", async () => {
    await cold();
    const old = fal.key;
    assert.equal(await outcome(), "signed");
    fal.rotate();
    fal.fail(status(503));
    for (let n = 0; n < 2; n += 1) assert.match(await outcome(), /^401/);
    assert.equal(await outcome({ key: old }), "signed");
    fal.heal();
    await eventually("the new key counts", async () => (await outcome()) === "signed" || undefined);
    assert.match(await outcome({ key: old }), /^401/, "it is no longer published");
    fal.rotate({ keep: true });
    await eventually("both count", async () => (await outcome()) === "signed" || undefined);
  });
});
