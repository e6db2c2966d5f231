// Hook tokens and presigned queries stay inside, wherever a sender has written them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { completed, told } from "../support/deliveries.mjs";
import { presigned, startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const OLDER_TOKEN = "older-hook-token-0123456789";
const SECRET = new RegExp(`${HOOK_TOKEN}|${OLDER_TOKEN}|X-Amz-Signature=[0-9a-f]`);

describe("secrets", () => {
  let source;
  let vault;
  before(async () => {
    source = await startSource();
    const vars = { HOOK_TOKEN: `${HOOK_TOKEN},${OLDER_TOKEN}` };
    vault = await startVault({ sources: source.url, vars });
  });
  after(() => stopAll(vault, source));

  const read = async (path) => {
    const response = await vault.get(path);
    const text = await response.text();
    assert.ok(response.status < 500, `${path}: ${response.status} ${text}`);
    return `${JSON.stringify([...response.headers])}\n${text}`;
  };

  /** Returns all answers about the job; `/result` may be a 409. */
  async function answers(id) {
    const paths = ["", "/result", "/events", "/events/1/body"];
    return Promise.all(paths.map((path) => read(`/jobs/${id}${path}`)));
  }

  const token = (name = HOOK_TOKEN) => `https://vault.example/hook/${name}/order-7`;
  const url = () => `https://elsewhere.example/a.mp4${presigned()}`;
  const places = {
    "the webhook's URL": { webhookUrl: token() },
    "the webhook's URL, escaped": { webhookUrl: "ESCAPED" },
    "the webhook's URL, with half a character": { webhookUrl: "HALF" },
    "an older token": { webhookUrl: token(OLDER_TOKEN) },
    "a query": { note: `https://queue.example/?fal_webhook=${encodeURIComponent(token())}` },
    "the error's text": { error: `can't reach ${token()} or ${url()}` },
    "the error's object": { error: { detail: [{ hook: token(), url: url() }] } },
    "a nested text": { input: { image: [url(), { hook: `token ${HOOK_TOKEN}!` }] } },
    "the worker's name": { workerName: token() },
    "the queue's name": { queueName: url() },
    "a key": { [token()]: 1, [url()]: 2 },
  };
  for (const [n, [place, fields]] of Object.entries(places).entries()) {
    test(`in ${place}`, async () => {
      const id = `place-${n}`;
      const body = JSON.stringify(told("failed", id, 1, fields))
        .replace("ESCAPED", token().replaceAll("/", "\\/"))
        .replace("HALF", `${token()}/\\ud800`);
      assert.equal((await vault.deliver(body)).status, 200);
      for (const answer of await answers(id)) assert.doesNotMatch(answer, SECRET);
    });
  }

  test("in the event's type", async () => {
    const answer = await vault.deliver({ eventType: token(), jobId: "type" });
    assert.doesNotMatch(JSON.stringify(answer), SECRET);
    for (const answer of await answers("type")) assert.doesNotMatch(answer, SECRET);
  });

  test("in app and tags", async () => {
    const query = `?app=${encodeURIComponent(token())}&tag=${encodeURIComponent(url())}`;
    await vault.deliver(told("failed", "labels", 1), { query });
    for (const answer of await answers("labels")) assert.doesNotMatch(answer, SECRET);
  });

  test("in a result whose file is stored, and while it is not", async () => {
    const kept = source.put("/outputs/free/71_0_a.mp4");
    const lost = source.dead("/outputs/free/71_0_lost.mp4");
    const body = { ...completed(kept, "71"), other: lost, webhookUrl: token() };
    await vault.deliver(body);
    for (const answer of await answers("71")) assert.doesNotMatch(answer, SECRET);
    assert.equal((await vault.settled("71")).archive, "partial");
    for (const answer of await answers("71")) assert.doesNotMatch(answer, SECRET);
    const record = await (await vault.records()).get("71");
    assert.doesNotMatch(record ?? "", SECRET);
  });

  test("in the unmatched box", async () => {
    const text = JSON.stringify({ webhookUrl: token(), url: url(), older: OLDER_TOKEN });
    const half = Buffer.concat([Buffer.from(text), Buffer.from([0xff])]);
    const badId = { jobId: `${token()}/${"x".repeat(200)}` };
    const escaped = text.replaceAll("/", "\\/").replaceAll("&", "\\u0026");
    for (const body of [text, escaped, `${text},`, JSON.stringify(badId)]) {
      const answer = await vault.deliver(body);
      assert.equal(answer.status, 202);
      assert.doesNotMatch(JSON.stringify(answer), SECRET);
      assert.doesNotMatch(await read(`/unmatched/${answer.unmatched}`), SECRET);
    }
    const { unmatched } = await vault.deliver(half);
    assert.doesNotMatch(await read("/unmatched"), SECRET);
    assert.doesNotMatch(await read(`/unmatched/${unmatched}`), SECRET, "not UTF-8");
  });
});

test("the log holds no secret, also when things go wrong", async () => {
  const source = await startSource();
  const change = ({ kvNamespaces: _, ...options }) => options;
  const vault = await startVault({ sources: source.url, change });
  vault.expectErrors(/RECORDS/);
  vault.leaveWork();
  const kept = source.put("/outputs/free/9_0_a.mp4");
  await vault.deliver({ ...completed(kept, "9"), webhookUrl: vault.hookUrl("order-7") });
  await vault.deliver(`{"webhookUrl":"${vault.hookUrl()}`);
  await vault.settled("9");
  await eventually("the failure to publish is logged", () =>
    vault.logs.some(({ message }) => /RECORDS/.test(message)) || undefined);
  const log = JSON.stringify(vault.logs);
  for (const secret of [HOOK_TOKEN, API_TOKEN, "X-Amz-Signature", "order-7"]) {
    assert.ok(!log.includes(secret), secret);
  }
  await stopAll(vault, source);
});
