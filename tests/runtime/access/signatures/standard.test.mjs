// Deliveries signed by Standard Webhooks, like Replicate's. The published libraries sign them, and decide which are
// valid.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pythonClients } from "../../../../tools/setup/python.mjs";
import { startOutbound } from "../../support/servers/outbound.mjs";
import { stopAll } from "../../support/stop.mjs";
import { lacking } from "../../support/programs/tools.mjs";
import { HOOK_TOKEN, startVault } from "../../support/vault.mjs";
import { LIBRARIES, sign, verify } from "../../support/programs/webhook-libraries.mjs";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER = `whsec_${"B".repeat(32)}`;
const FOREIGN = `whsec_${"C".repeat(32)}`;
const VARS = { REPLICATE_WEBHOOK_SECRET: `${SECRET}, ${OLDER}` };
const SEED = "196619188014358660";
let outbound, vault;
before(async () => {
  outbound = await startOutbound();
  vault = await startVault({ vars: VARS, change: outbound.change });
});
after(() => stopAll(vault, outbound));

const seconds = (more = 0) => Math.floor(Date.now() / 1_000) + more;
let n = 0;
/** Returns the bare prediction, as text to preserve its numbers. */
const prediction = (id, status = "succeeded", output = `"done"`) =>
  `{"id":"${id}","version":"v","model":"a/b","input":{"seed":${SEED}},"status":"${status}","output":${output},` +
  `"error":null,"created_at":"2025-12-27T22:39:34Z","completed_at":"2025-12-27T22:39:36Z"}`;

/** Returns a signed message; `prefix` names its headers. */
async function letter({ library = "standardwebhooks-js", secret = SECRET, prefix = "webhook", timestamp = seconds(),
  id = `rep-${(n += 1)}`, body = prediction(id) } = {}) {
  const message = { id: `msg_${id}`, timestamp, body };
  const headers = { [`${prefix}-id`]: message.id, [`${prefix}-timestamp`]: `${timestamp}`,
    [`${prefix}-signature`]: await sign(library, secret, message) };
  return { id, body, headers };
}
const send = ({ body, headers }) => vault.deliver(body, { headers });
const trust = async (id) => (await vault.events(id)).flatMap(({ trust }) => trust ?? []).join();

/** Returns the trust that a delivery got, or the refusal's status. A refused one must not create a job. */
async function outcome(one) {
  const answer = await send(one);
  if (answer.status === 200) return trust(one.id);
  assert.equal((await vault.get(`/jobs/${one.id}?wait=0`)).status, 404, "a refused delivery has made a job");
  return answer.status;
}

function signedBy(library) {
  for (const prefix of ["webhook", "svix"]) {
    it(`is trusted in the headers ${prefix}-*`, async () => {
      for (const [secret, want] of [[SECRET, "signed"], [OLDER, "signed"], [FOREIGN, 401]]) {
        assert.equal(await outcome(await letter({ library, prefix, secret })), want);
      }
    });
  }
}

describe("a signature by", () => {
  for (const library of LIBRARIES.js) describe(library, () => signedBy(library));
  describe("Python's", { skip: lacking("python3 with venv") }, () => {
    before(() => pythonClients.ensure());
    for (const library of LIBRARIES.python) describe(library, () => signedBy(library));
  });
});

describe("a signature", () => {
  /** Checks that the vault's verdict equals the libraries'. */
  async function judged(change) {
    const one = await letter();
    const changed = { ...one, ...change(one) };
    const found = await outcome(changed);
    for (const library of LIBRARIES.js) {
      const { valid, why } = await verify(library, SECRET, changed.headers, changed.body);
      assert.equal(valid, found !== 401, `${library}: ${why}`);
    }
    return found;
  }
  const header = (name, change) => ({ headers }) =>
    ({ headers: { ...headers, [`webhook-${name}`]: change(headers[`webhook-${name}`]) } });

  it("is enough if it is one of several", async () => {
    const other = (await letter()).headers["webhook-signature"];
    for (const change of [(one) => `${other} ${one}`, (one) => `${one} ${other}`, (one) => `v1a,AAAA ${one}`,
      (one) => `v2,${one.slice(3)} ${one}`, (one) => `v1,AAAA v1, ${one}`]) {
      assert.equal(await judged(header("signature", change)), "signed");
    }
    assert.equal(await judged(header("signature", () => `${other} ${other}`)), 401);
  });

  it("does not count if any signed part was changed", async () => {
    for (const change of [header("id", (id) => `${id}0`), header("timestamp", (at) => `${Number(at) + 1}`),
      header("signature", (one) => one.replace(/,./, (two) => two === ",A" ? ",B" : ",A")), header("signature", () => "v1,"),
      ({ body }) => ({ body: body.replace("done", "gone") }), ({ body }) => ({ body: `${body} ` })]) {
      assert.equal(await judged(change), 401);
    }
  });

  it("does not count long before or after", async () => {
    for (const [more, want] of [[-290, "signed"], [+290, "signed"], [-310, 401], [+400, 401]]) {
      const one = await letter({ timestamp: seconds(more) });
      assert.equal(await judged(() => one), want, `${more} s`);
    }
  });

  it("is read strictly where the libraries differ", async () => {
    const changes = { abc: header("timestamp", (at) => `${at}abc`), plus: header("timestamp", (at) => `+${at}`),
      exponent: header("timestamp", () => "1e9"), none: header("timestamp", () => ""),
      v2: header("signature", (one) => `v2,${one.slice(3)}`), bare: header("signature", (one) => one.slice(3)),
      comma: header("signature", (one) => `,${one}`), blank: header("signature", () => ""),
      short: header("signature", (one) => one.slice(0, -4)), nameless: header("id", () => "") };
    for (const [name, change] of Object.entries(changes)) {
      const one = await letter();
      assert.equal(await outcome({ ...one, ...change(one) }), 401, name);
    }
  });

  it("needs its other headers; if it is missing itself, only the token counts", async () => {
    for (const [name, want] of [["id", 401], ["timestamp", 401], ["signature", "token"]]) {
      const { headers: { [`webhook-${name}`]: _, ...headers }, ...one } = await letter();
      assert.equal(await outcome({ ...one, headers }), want, name);
    }
    assert.equal(await outcome({ ...(await letter()), headers: {} }), "token");
  });

  it("may sign an empty body", async () => {
    assert.equal((await send(await letter({ body: "" }))).status, 202);
    assert.equal((await send(await letter({ body: "", secret: FOREIGN }))).status, 401);
  });

  it("does not replace the hook token", async () => {
    const { id, body, headers } = await letter();
    for (const path of ["/hook", "/hook/wrong-token-0123456789"]) {
      assert.equal((await vault.post(path, body, headers)).status, 401);
    }
    assert.equal((await vault.get(`/jobs/${id}?wait=0`)).status, 404);
    const authorization = `Bearer ${HOOK_TOKEN}`;
    assert.equal((await vault.post("/hook", body, { ...headers, authorization })).status, 200);
  });

  it("that is refused is reported, without the secret", async () => {
    await vault.restart();
    await send(await letter({ secret: FOREIGN }));
    const text = JSON.stringify(await vault.json("/refused"));
    assert.match(text, /signature fits neither this body nor a known key/);
    assert.doesNotMatch(text, new RegExp(`${SECRET.slice(6)}|${HOOK_TOKEN}`));
  });
});

describe("a signed prediction", () => {
  it("of each form keeps its numbers, and counts once", async () => {
    const url = "https://replicate.delivery/x/out.png";
    for (const [id, output] of [["text", `"${url}"`], ["list", `["${url}",${SEED}]`], ["object", `{"a":"${url}","s":${SEED}}`]]) {
      const one = await letter({ id, body: prediction(id, "succeeded", output) });
      assert.equal(await outcome(one), "signed");
      const job = await vault.settled(id);
      assert.deepEqual([job.provider, job.archive, job.files.length], ["replicate", "stored", 1]);
      const result = await (await vault.get(`/jobs/${id}/result`)).text();
      assert.equal(result, output.replace(url, job.files[0].url));
      assert.equal((await send(one)).duplicate, true);
    }
  });

  it("without an output is still a result", async () => {
    const body = prediction("bare").replace(`"output":"done",`, "");
    assert.equal(await outcome(await letter({ id: "bare", body })), "signed");
    const job = await vault.settled("bare");
    assert.deepEqual([job.status, job.archive, job.result], ["completed", "none", null]);
    assert.equal(await (await vault.get("/jobs/bare/result")).text(), "null");
  });

  it("moves through its statuses, and is the same after a restart", async () => {
    const told = async (status) => send(await letter({ id: "moves", body: prediction("moves", status, "null") }));
    for (const [status, want] of [["starting", "acquired"], ["processing", "acquired"], ["canceled", "cancelled"]]) {
      assert.equal((await told(status)).status, 200);
      assert.equal((await vault.job("moves")).status, want);
    }
    await vault.restart();
    assert.equal((await told("canceled")).duplicate, true);
    assert.equal(await trust("moves"), "signed,signed,signed,signed");
  });
});

describe("a rotation of the secret", () => {
  it("is not noticed, and the old secret ends with its entry", async () => {
    await vault.restart({ REPLICATE_WEBHOOK_SECRET: `${FOREIGN},${SECRET}` });
    for (const [secret, want] of [[SECRET, "signed"], [FOREIGN, "signed"], [OLDER, 401]]) {
      assert.equal(await outcome(await letter({ secret })), want);
    }
  });

  it("that leaves no secret makes signatures prove nothing, and nothing is lost", async () => {
    vault.expectErrors(/REPLICATE_WEBHOOK_SECRET: invalid entries: 1;/);
    for (const wrong of ["whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", null]) {
      await vault.restart({ REPLICATE_WEBHOOK_SECRET: wrong });
      assert.equal(await outcome(await letter({ secret: FOREIGN })), "token");
    }
  });
});
