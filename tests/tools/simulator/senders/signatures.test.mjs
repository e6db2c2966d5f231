// The played senders' signatures, as receivers check them: by the published libraries, or as the senders' pages say.

import assert from "node:assert/strict";
import { createHash, createHmac, createPublicKey, verify as verifies } from "node:crypto";
import { describe, test } from "node:test";
import { signed } from "../../../../tools/simulator/as/sign.mjs";
import { verify } from "../../../runtime/support/programs/webhook-libraries.mjs";
import { rig } from "../../support/rig.mjs";
import { clientOf } from "./client.mjs";
import { CLIENTS } from "./table.mjs";

const hmac = (key, text, coding) => createHmac("sha256", key).update(text).digest(coding);
const isRecent = (s) => assert.ok(Math.abs(Date.now() / 1_000 - Number(s)) < 60, `at ${s}`);

/** Each scheme's check: throws unless the letter is signed. */
const CHECKS = {
  async standard({ headers, text }, { secret }) {
    for (const library of ["standardwebhooks-js", "svix-js"]) {
      assert.deepEqual(await verify(library, secret, headers, text), { valid: true });
      assert.equal((await verify(library, secret, headers, `${text} `)).valid, false);
    }
  },
  wavespeed({ headers, text }, { secret }) {
    const { "webhook-id": id, "webhook-timestamp": s } = headers;
    isRecent(s);
    assert.equal(headers["webhook-signature"], `v3,${hmac(secret.slice(6), `${id}.${s}.${text}`, "hex")}`);
  },
  kie({ headers, body: { data } }, { secret }) {
    const s = headers["x-webhook-timestamp"];
    isRecent(s);
    assert.equal(headers["x-webhook-signature"], hmac(secret, `${data.taskId ?? data.task_id}.${s}`, "base64"));
  },
  bfl({ headers, text }) {
    assert.equal(headers["x-bfl-signature"], `sha256=${hmac("s3cret", text, "hex")}`);
  },
  openrouter({ headers, text }, { secret }) {
    const [, s, signature] = headers["x-openrouter-signature"].match(/^t=(\d+),v1=([0-9a-f]{64})$/);
    isRecent(s);
    assert.equal(signature, hmac(secret, `${s},${text}`, "hex"));
    assert.ok(headers["x-openrouter-idempotency-key"]);
  },
  async fal({ headers, text }, { ask }) {
    const { keys: [jwk] } = await (await ask(".well-known/jwks.json")).json();
    const [id, user, s, signature] = ["request-id", "user-id", "timestamp", "signature"].map((name) => headers[`x-fal-webhook-${name}`]);
    isRecent(s);
    const lines = [id, user, s, createHash("sha256").update(text).digest("hex")].join("\n");
    assert.ok(verifies(null, Buffer.from(lines), createPublicKey({ key: jwk, format: "jwk" }), Buffer.from(signature, "hex")));
  },
  async gemini({ headers }, { ask }) {
    const { keys: [jwk] } = await (await ask(".well-known/jwks.json", { headers: {} })).json();
    isRecent(headers["webhook-timestamp"]);
    const [head, claims, signature] = headers["webhook-signature"].split(".");
    const decoded = (part) => JSON.parse(Buffer.from(part, "base64url"));
    assert.deepEqual([decoded(head).alg, decoded(head).kid], ["RS256", jwk.kid]);
    assert.ok(decoded(claims).exp > Date.now() / 1_000 && decoded(claims).aud);
    const key = createPublicKey({ key: jwk, format: "jwk" });
    assert.ok(verifies("sha256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url")));
  },
};

describe("the webhooks of", () => {
  for (const client of CLIENTS.filter(({ sent }) => sent)) {
    test(client.as, async (t) => {
      const { simulator, hook, ask, run } = await clientOf(t, client);
      await run();
      const { senders } = await (await fetch(`${simulator.url}/_sim/senders`)).json();
      const { secret } = senders.find(({ as }) => as === client.as);
      assert.ok(hook.received.length > 0);
      for (const letter of hook.received) {
        const names = Object.keys(letter.headers).filter((name) => /webhook|signature/.test(name));
        if (client.scheme === undefined) assert.deepEqual(names, []);
        else await CHECKS[client.scheme](letter, { secret, ask });
      }
    });
  }
});

test("Kling's published vector", () => {
  const body = '{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}';
  const headers = signed("standard", { letter: "9876543210", s: 1_781_080_794, body, secret: "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=" });
  assert.equal(headers["webhook-signature"], "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=");
});

test("BFL signs nothing if the submission brings no secret", async (t) => {
  const bfl = CLIENTS.find(({ as }) => as === "bfl/signature");
  const { hook, ask, simulator } = await clientOf(t, bfl);
  const { path, body: { webhook_secret: _, ...body } } = bfl.submit(hook.url);
  assert.equal((await ask(path, { method: "POST", body: JSON.stringify(body) })).status, 200);
  await simulator.idle();
  assert.deepEqual(hook.received.map(({ headers }) => headers["x-bfl-signature"]), [undefined]);
});

test("BFL's other way: the secret itself", async (t) => {
  const { simulator, hook, call } = await rig(t);
  await call("POST", `/queue/flux?as=bfl/secret&fal_webhook=${hook.url}`, { body: { webhook_secret: "s3cret" } });
  await simulator.idle();
  const [{ headers }] = hook.received;
  assert.deepEqual([headers["x-webhook-secret"], headers["x-bfl-signature"]], ["s3cret", undefined]);
});

test("Higgsfield's older way: the secret itself, in its own header", async (t) => {
  const { simulator, hook, call } = await rig(t, { knobs: { secret: "s3cret" } });
  await call("POST", `/queue/flux?as=higgsfield/key&fal_webhook=${hook.url}`, { body: {} });
  await simulator.idle();
  const [{ headers }] = hook.received;
  assert.deepEqual([headers["x-webhook-secret-key"], headers["webhook-signature"]], ["s3cret", undefined]);
});

test("another secret, none, and a wrong clock", async (t) => {
  const kling = CLIENTS.find(({ as }) => as === "kling/new");
  const { hook, run } = await clientOf(t, kling);
  const secret = `whsec_${"B".repeat(32)}`;
  await run({ secret });
  await run({ secret: "" });
  await run({ secret, skewMs: -3_600_000 });
  const validity = await Promise.all(hook.received.map(async ({ headers, text }) =>
    (await verify("svix-js", secret, headers, text)).valid));
  assert.deepEqual(validity, [true, true, true, false, false, false, false, false, false]);
  assert.equal(hook.received[3].headers["webhook-signature"], undefined);
});

test("the tries of one webhook: one id, and a signature each", async (t) => {
  const luma = CLIENTS.find(({ as }) => as === "luma");
  const { hook, run } = await clientOf(t, luma, { knobs: { webhook: { lose: ["queued", "acquired"] } } });
  hook.answers.push(500, 204, 500, 500);
  await run();
  const times = hook.received.map(({ at }) => at);
  assert.equal(times.length, 4, "one and three more: only 200 is an answer");
  assert.ok(times[3] - times[0] < 5_000);
  const higgsfield = CLIENTS.find(({ as }) => as === "higgsfield/signature");
  const other = await clientOf(t, higgsfield, { knobs: { tries: 2 } });
  other.hook.answers.push(500);
  await other.run();
  const [first, second] = other.hook.received.map(({ headers }) => headers);
  assert.equal(first["webhook-id"], second["webhook-id"]);
  other.hook.answers.push(410);
  await other.run();
  assert.equal(other.hook.received.length, 3, "a 4xx is never tried again");
});

test("MiniMax sends nothing to a receiver that does not echo its challenge", async (t) => {
  const minimax = CLIENTS.find(({ as }) => as === "minimax");
  const { hook, run } = await clientOf(t, minimax);
  await run();
  assert.deepEqual([hook.challenges.length, hook.received.length], [1, 2]);
  const { simulator, hook: deaf, call } = await rig(t);
  await call("POST", `/queue/x?as=minimax&fal_webhook=${deaf.url}`, { body: {} });
  await simulator.idle();
  assert.deepEqual(deaf.json().map(Object.keys), [["challenge"]]);
});

test("webhooks are lost and doubled as the knobs say", async (t) => {
  const kling = CLIENTS.find(({ as }) => as === "kling/new");
  const { hook, run } = await clientOf(t, kling);
  await run({ webhook: { lose: ["queued", "completed"], double: ["acquired"] } });
  assert.deepEqual(hook.received.map(({ body }) => body.status), ["processing", "processing"]);
  await run({ retries: 1, webhook: { lose: ["queued"] } });
  assert.deepEqual(hook.received.slice(2).map(({ body }) => body.status), ["processing", "processing", "succeeded"]);
});
