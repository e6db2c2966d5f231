// The libraries that check our signatures agree with the published vector, and with each other.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { pythonClients } from "../../../tools/setup/python.mjs";
import { lacking } from "../../runtime/support/programs/tools.mjs";
import { LIBRARIES, sign, verify } from "../../runtime/support/programs/webhook-libraries.mjs";

/** The vector of the libraries' own tests. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const MESSAGE = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330,
  body: '{"test": 2432232314}' };
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
/** The same secret with a different last bit. */
const OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx";

const headersOf = ({ id, timestamp }, signature) => ({ "webhook-id": id,
  "webhook-timestamp": String(timestamp), "webhook-signature": signature });

function suite(library) {
  const judge = (headers, { secret = SECRET, body = MESSAGE.body, late = 0 } = {}) =>
    verify(library, secret, headers, body, { now: MESSAGE.timestamp + late });
  const published = headersOf(MESSAGE, SIGNATURE);

  it("makes the published signature", async () => {
    assert.equal(await sign(library, SECRET, MESSAGE), SIGNATURE);
  });

  it("accepts it alone, among others, and up to 299 s late", async () => {
    assert.deepEqual(await judge(published), { valid: true });
    const others = headersOf(MESSAGE, `v1,${"A".repeat(43)}= ${SIGNATURE} v1a,x`);
    assert.deepEqual(await judge(others), { valid: true });
    assert.deepEqual(await judge(published, { late: 299 }), { valid: true });
    assert.deepEqual(await judge(new Headers(published)), { valid: true });
  });

  it("refuses it for another body, secret or id, without headers, and late", async () => {
    const none = { valid: false, why: "No matching signature found" };
    assert.deepEqual(await judge(published, { body: '{"test":2432232314}' }), none);
    assert.deepEqual(await judge(published, { secret: OTHER_SECRET }), none);
    assert.deepEqual(await judge({ ...published, "webhook-id": "msg_other" }), none);
    const missing = { valid: false, why: "Missing required headers" };
    assert.deepEqual(await judge({}), missing);
    const old = { valid: false, why: "Message timestamp too old" };
    assert.deepEqual(await judge(published, { late: 301 }), old);
    assert.deepEqual(await verify(library, SECRET, published, MESSAGE.body), old);
  });

  it("accepts what it signed by the real clock", async () => {
    const message = { id: "msg_1", timestamp: Math.floor(Date.now() / 1_000), body: '{"ü":"…"}' };
    const signature = await sign(library, SECRET, message);
    const answer = await verify(library, SECRET, headersOf(message, signature), message.body);
    assert.deepEqual(answer, { valid: true });
  });
}

for (const library of LIBRARIES.js) describe(library, () => suite(library));

describe("in Python", { skip: lacking("python3 with venv"), concurrency: true }, () => {
  before(() => pythonClients.ensure());
  for (const library of LIBRARIES.python) describe(library, () => suite(library));
});
