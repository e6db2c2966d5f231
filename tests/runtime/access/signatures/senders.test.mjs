// Each sender's own scheme of signing, on a delivery that its row recognizes.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { startVault } from "../../support/vault.mjs";

const KEY = Buffer.from("testsecrettestsecrettestsecret12");
const STANDARD = `whsec_${KEY.toString("base64")}`;
const BARE = "0123456789abcdef0123456789abcdef";
const TEXT = "a-secret-of-this-sender-0123";

const seconds = () => Math.floor(Date.now() / 1_000);
const hmac = (key, text, encoding) => createHmac("sha256", key).update(text).digest(encoding);
const standard = (key, mark, encoding) => ({ body }) => {
  const at = `${seconds()}`;
  return { "webhook-id": "msg-1", "webhook-timestamp": at,
    "webhook-signature": `${mark},${hmac(key, `msg-1.${at}.${body}`, encoding)}` };
};
const kling = (id) => ({ id, status: "succeeded", message: "", create_time: 1781080778802, update_time: 1781080794151 });
const flux = (id) => ({ id, status: "Ready", result: { sample: "none", prompt: "a", seed: 1 }, timestamp: "2026-01-15T10:20:01Z" });
const higgsfield = (id) => ({ request_id: id, status: "completed", status_url: "https://h/s", cancel_url: "https://h/c" });

/** Each sender: its secret, its body, how it signs, and the trust that this earns. */
const SENDERS = [
  ["kling", STANDARD, kling, standard(KEY, "v1", "base64"), "signed"],
  ["wavespeed", `whsec_${BARE}`, (id) => ({ id, model: "m", status: "completed", outputs: [], has_nsfw_contents: [] }),
    standard(BARE, "v3", "hex"), "signed"],
  ["openrouter", TEXT, (id) => ({ type: "video.generation.completed", created_at: "2026-01-15T10:20:01Z",
    data: { id, status: "completed", unsigned_urls: [] } }),
  ({ body }) => ({ "x-openrouter-signature": `t=${seconds()},v1=${hmac(TEXT, `${seconds()},${body}`, "hex")}` }), "signed"],
  ["bfl", TEXT, flux, ({ body }) => ({ "x-bfl-signature": `sha256=${hmac(TEXT, body, "hex")}` }), "signed"],
  ["bfl", TEXT, flux, () => ({ "x-webhook-secret": TEXT }), "token"],
  ["higgsfield", STANDARD, higgsfield, standard(KEY, "v1", "base64"), "signed"],
  ["higgsfield", TEXT, higgsfield, () => ({ "x-webhook-secret-key": TEXT }), "token"],
  ["kie", TEXT, (id) => ({ code: 200, msg: "ok", data: { task_id: id, state: "success", resultJson: "{}" } }),
    ({ id }) => ({ "x-webhook-timestamp": `${seconds()}`,
      "x-webhook-signature": hmac(TEXT, `${id}.${seconds()}`, "base64") }), "token"],
];

describe("a sender's own signature", () => {
  let vault, n = 0;
  before(async () => (vault = await startVault()));
  after(() => vault.stop());

  /** Sends a delivery, and returns its sender and trust, or the refusal's status. */
  async function outcome(make, sign) {
    const id = `sender-${(n += 1)}`;
    const body = JSON.stringify(make(id));
    const answer = await vault.deliver(body, { headers: sign({ id, body }) });
    if (answer.status !== 200) return answer.status;
    const trust = (await vault.events(id)).flatMap(({ trust }) => trust ?? []).join();
    return `${(await vault.job(id)).provider}: ${trust}`;
  }

  for (const [name, secret, make, sign, trust] of SENDERS) {
    const headers = Object.keys(sign({ id: "a", body: "b" })).at(-1);
    it(`of ${name} in ${headers} counts as ${trust}`, async () => {
      await vault.restart({ WEBHOOK_SECRETS: `${name}=${secret}` });
      const changed = ({ id, body }) => sign({ id: `${id}0`, body: `${body} ` });
      const isBare = trust === "token" && name !== "kie";
      assert.deepEqual([await outcome(make, sign), await outcome(make, () => ({})), await outcome(make, changed)],
        [`${name}: ${trust}`, 401, isBare ? `${name}: ${trust}` : 401]);
      await vault.restart({ WEBHOOK_SECRETS: `${name}=another-${TEXT}` });
      assert.equal(await outcome(make, sign), 401);
      await vault.restart({ WEBHOOK_SECRETS: `replicate=${STANDARD}` });
      assert.deepEqual([await outcome(make, sign), await outcome(make, () => ({}))], [`${name}: token`, `${name}: token`]);
    });
  }
});
