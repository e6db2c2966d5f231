// `VERIFY_RESULTS`: a result with only the hook token must be fetched from the upstream.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { acquired, told } from "../../support/deliveries.mjs";
import { file, noise, startOrigin, status } from "../../support/servers/origin.mjs";
import { stopAll } from "../../support/stop.mjs";
import { askable, UPSTREAM_KEY } from "../../support/servers/upstream.mjs";
import { API_TOKEN, startVault } from "../../support/vault.mjs";
import { eventually } from "../../support/wait.mjs";
import { sign } from "../../support/programs/webhook-libraries.mjs";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SEED = "196619188014358660";
const APP = { query: "?app=wan22" };

let origin, vault;
before(async () => {
  origin = await startOrigin();
  vault = await startVault({ sources: origin.url, vars: { ...askable(origin.url),
    VERIFY_RESULTS: "true", REPLICATE_WEBHOOK_SECRET: SECRET } });
});
after(() => stopAll(vault, origin));

const place = (id) => `/queue/wan22/requests/${id}`;
const asked = (id) => origin.requests(place(id)).length;
const says = (text, code = 200) => (response) =>
  response.writeHead(code, { "content-type": "application/json" }).end(text);

/** Serves a file at the source, and returns its URL. */
function put(name) {
  origin.on(`/${name}`, file(noise(1_000, name)));
  return `${origin.url}/${name}`;
}
/** Returns a delivery with a file that the upstream's answer does not contain. */
const claim = (id) => `{"eventType":"completed","jobId":"${id}","seed":1,"video":{"url":"${put(`claimed-${id}`)}"}}`;
/** Returns the upstream's answer, with another file. */
const truth = (id) => `{"seed":${SEED},"video":{"url":"${put(`true-${id}`)}"}}`;
const result = async (id) => (await vault.get(`/jobs/${id}/result`)).text();

/** Checks that the claim appears nowhere: it is not in the record, and its file was not even fetched. */
async function isNotBelieved(id) {
  const job = await vault.job(id);
  assert.doesNotMatch(JSON.stringify({ ...job, id: "" }), /claimed/);
  assert.equal(origin.requests(`/claimed-${id}`).length, 0);
  return job;
}
/** Waits until the upstream was asked and the job has a matching error. */
const noted = (id, pattern) => eventually(`${id} says ${pattern}`, async () => {
  const { healing } = await isNotBelieved(id);
  return pattern.test(healing?.error ?? "") || undefined;
});

describe("a result with only the token", () => {
  it("is what the upstream answers, whatever was claimed", async () => {
    origin.on(place("1"), says(truth("1")));
    const answer = await vault.deliver(claim("1"), APP);
    assert.deepEqual([answer.status, answer.eventType, answer.duplicate], [200, "completed", false]);
    const job = await vault.settled("1");
    assert.deepEqual([job.status, job.archive, job.heals], ["completed", "stored", 1]);
    await isNotBelieved("1");
    assert.equal(await result("1"), truth("1").replace(/https?:[^"]*/, job.files[0].url));
    assert.deepEqual(Buffer.from(await (await fetch(job.files[0].url)).arrayBuffer()), noise(1_000, "true-1"));
    const [{ headers }] = origin.requests(place("1"));
    assert.equal(headers.authorization, `Bearer ${UPSTREAM_KEY}`);
    const events = await vault.events("1");
    assert.deepEqual(events.slice(0, 2).map(({ trust, outcome }) => [trust, outcome]), [["token", "applied"], [null, "heal"]]);
    assert.match(JSON.stringify(events[0].body), /claimed/, "what came is kept");
  });

  it("is a duplicate when it comes again, and is fetched once", async () => {
    assert.equal((await vault.deliver(claim("1"), APP)).duplicate, true);
    assert.equal((await vault.job("1")).healing, undefined);
    assert.equal(asked("1"), 1);
  });

  it("that differs from the confirmed one changes nothing", async () => {
    const before = await vault.job("1");
    await vault.deliver(claim("1").replace(`"seed":1`, `"seed":2`), APP);
    await eventually("the upstream is asked again", async () => (await vault.job("1")).heals === 2 || undefined);
    const { result, files, status } = await isNotBelieved("1");
    assert.deepEqual({ result, files, status }, { result: before.result, files: before.files, status: "completed" });
  });

  it("does not count while the upstream says that the job runs", async () => {
    origin.on(place("2"), says(`{"request_id":"2","status":"IN_PROGRESS"}`, 202), says(`{"status":"IN_PROGRESS"}`));
    await vault.deliver(acquired("2"));
    await vault.deliver(claim("2"), APP);
    await eventually("it was asked twice", () => asked("2") >= 2 || undefined);
    assert.equal((await isNotBelieved("2")).status, "acquired");
    assert.equal((await vault.get("/jobs/2/result")).status, 202);
    origin.on(place("2"), says(truth("2")));
    assert.equal((await vault.settled("2")).archive, "stored");
    await isNotBelieved("2");
  });

  for (const [id, word, ended, error] of [["3", "FAILED", "failed", "out of memory"], ["4", "CANCELLED", "cancelled", null]]) {
    it(`does not count if the upstream says ${word}`, async () => {
      origin.on(place(id), says(`{"request_id":"${id}","status":"${word}","error":"out of memory"}`));
      await vault.deliver(claim(id), APP);
      const job = await vault.settled(id);
      assert.deepEqual([job.status, job.error], [ended, error]);
      await isNotBelieved(id);
      assert.equal((await vault.get(`/jobs/${id}/result`)).status, 409);
    });
  }

  it("does not count while the upstream does not know it, or can't be reached", async () => {
    vault.leaveWork();
    origin.on(place("5"), says(`{"request_id":"6","video":{"url":"${put("other")}"}}`));
    origin.on(place("6"), status(500));
    for (const [id, to, why] of [["5", APP, /another job's result/], ["6", APP, /answers 500/],
      ["7", APP, /answers 404/], ["8", {}, /application is unknown/]]) {
      await vault.deliver(claim(id), to);
      await noted(id, why);
      const { status, archive, healing } = await vault.job(id);
      assert.deepEqual([status, archive, healing.exhausted], ["queued", "none", false], id);
    }
  });

  it("is still fetched when an older failure comes late, and after a restart", async () => {
    origin.on(place("9"), status(500));
    await vault.deliver(claim("9"), APP);
    await noted("9", /answers 500/);
    await vault.deliver(told("failed", "9"));
    assert.equal((await vault.job("9")).status, "failed");
    await vault.restart();
    origin.on(place("9"), says(truth("9")));
    await eventually("it is confirmed", async () => (await vault.job("9")).status === "completed" || undefined);
    assert.equal((await vault.settled("9")).archive, "stored");
    await isNotBelieved("9");
  });

  it("without an id of its own is confirmed once its id is known", async () => {
    origin.on(place("10"), says(truth("10")));
    await vault.deliver(claim("10").replace(`"jobId":"10",`, ""), { ...APP, reference: "order-10" });
    await noted("ref:order-10", /id is unknown/);
    await vault.deliver({ ...acquired("10"), leaseExpiry: acquired("10").acquiredAt }, { reference: "order-10" });
    assert.equal((await vault.settled("10")).archive, "stored");
    await isNotBelieved("10");
  });
});

describe("what is trusted without a check", () => {
  const prediction = (id) => JSON.stringify({ id, version: "v", model: "a/b", input: {}, status: "succeeded",
    output: "done", error: null, urls: {} });

  it("is a signed result", async () => {
    const body = prediction("rep-1");
    const message = { id: "msg_1", timestamp: Math.floor(Date.now() / 1_000), body };
    const headers = { "webhook-id": message.id, "webhook-timestamp": `${message.timestamp}`,
      "webhook-signature": await sign("standardwebhooks-js", SECRET, message) };
    const answer = await vault.deliver(body, { headers });
    assert.deepEqual([answer.status, (await vault.job("rep-1")).status], [200, "completed"]);
    assert.equal((await vault.settled("rep-1")).heals, 0);
  });

  it("is a result by the job's capability", async () => {
    const id = "20";
    origin.on("/queue/wan22", says(JSON.stringify({ request_id: id })));
    const call = { method: "POST", body: "{}", headers: { authorization: `Bearer ${API_TOKEN}` } };
    assert.equal((await fetch(`${vault.url}/queue/wan22`, call)).status, 200);
    const { url } = origin.requests("/queue/wan22")[0];
    const hook = new URL(new URL(url, origin.url).searchParams.get("fal_webhook"));
    const before = asked(id);
    assert.equal((await vault.post(hook.pathname, `{"eventType":"completed",${truth(id).slice(1)}`)).status, 200);
    const job = await vault.settled(id);
    assert.deepEqual([job.status, job.archive, asked(id) - before], ["completed", "stored", 0]);
  });

  it("is an end without a result", async () => {
    await vault.deliver(told("failed", "21", 0, { error: "no" }), APP);
    assert.deepEqual([(await vault.job("21")).status, asked("21")], ["failed", 0]);
  });
});

describe("an unsigned prediction", () => {
  it("is confirmed at RESULT_URL, without a key that is not for it", async () => {
    await vault.restart({ RESULT_URL: `${origin.url.replace("127.0.0.1", "localhost")}/v1/predictions/{id}` });
    const body = (output) => JSON.stringify({ id: "rep-2", version: "v", model: "a/b", input: {}, status: "succeeded",
      output, error: null, urls: {} });
    origin.on("/v1/predictions/rep-2", says(body("true")));
    await vault.deliver(body("claimed"));
    const job = await vault.settled("rep-2");
    assert.deepEqual([job.status, job.result, job.provider], ["completed", "true", "replicate"]);
    assert.equal(origin.requests("/v1/predictions/rep-2")[0].headers.authorization, undefined);
  });

  it("does not count by default", async () => {
    await vault.restart({ RESULT_URL: null, VERIFY_RESULTS: null });
    await vault.deliver(claim("30").replace("claimed", "plain"));
    assert.equal((await vault.job("30")).status, "completed");
  });
});
