// Sends each secret, in each spelling, by each way in. It must leave by no way out, and the files' URLs must stay
// intact.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import WebSocket from "ws";
import { call, queuesAt, says } from "../support/calls.mjs";
import { completed, told } from "../support/deliveries.mjs";
import { openEvents } from "../support/events.mjs";
import { startFalAi } from "../support/fal/ai.mjs";
import { noise, startOrigin } from "../support/servers/origin.mjs";
import { startReceiver } from "../support/servers/receiver.mjs";
import { startSource } from "../support/servers/source.mjs";
import { stopAll } from "../support/stop.mjs";
import { API_TOKEN, HOOK_TOKEN, startVault } from "../support/vault.mjs";
import { eventually } from "../support/wait.mjs";

const READ_TOKEN = "reader-token-0123456789";
const FAL_KEY = "0a1b2c3d:fal/secret+0123456789";
const HANDOFF_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OPERATOR = "operator-query-0123456789";
const UPSTREAM_API_KEY = queuesAt({ url: "" }).UPSTREAM_API_KEY;
const VALUES = [HOOK_TOKEN, API_TOKEN, READ_TOKEN, UPSTREAM_API_KEY, FAL_KEY, HANDOFF_SECRET, HANDOFF_SECRET.slice(6), OPERATOR];
const MAC = "00112233445566778899aabbccddeeff";
const SIGNATURE = "5igna7ure-0123456789abcdef";
const SECRETS = [...VALUES, MAC, SIGNATURE];
const NAMES = ["X-Amz-Signature", "X-Amz-Security-Token", "X-Goog-Signature", "X-Tos-Credential", "sig", "Signature", "Key-Pair-Id"];
const TEXTS = [...VALUES, `https://v.example/hook/r_order-7.${MAC}`, `r_order-7.${MAC}`,
  ...NAMES.map((name) => `https://h.example/f.mp4?a=1&${name}=${SIGNATURE}&b=2`)];

/** Small groups of secrets, so that a timeline entry or an error contains all of them in every spelling. */
const FEW = Array.from({ length: Math.ceil(TEXTS.length / 4) }, (_, n) => TEXTS.slice(n * 4, n * 4 + 4));

const percent = (text) => [...text].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");
const unicode = (text) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const html = (text) => [...text].map((c) => `&#${c.charCodeAt(0)};`).join("");

/** Returns JSON that contains each secret in each spelling. */
function planted(texts = TEXTS) {
  const members = texts.flatMap((text, n) => [
    [`plain${n}`, `it is ${text} now`], [`link${n}`, `![a](${text}), <${text}> and "${text}".`],
    [`percent${n}`, encodeURIComponent(text)], [`all${n}`, percent(text)], [`twice${n}`, encodeURIComponent(percent(text))],
    [`html${n}`, html(text)], [`json${n}`, JSON.stringify({ a: JSON.stringify({ b: text, c: JSON.stringify([text]) }) })],
    [`deep${n}`, JSON.stringify(`{"a":"${unicode(text)}"}`)], [text, 1.5],
  ]);
  const escaped = texts.map((text, n) => `"unicode${n}":"${unicode(text)}","slash${n}":"${text.replaceAll("/", "\\/")}"`);
  return `${JSON.stringify(Object.fromEntries(members)).slice(0, -1)},${escaped.join(",")},"seed":196619188014358660,"n":1.10}`;
}

/** Returns what a reader may decode from a text, up to four times over. */
function readings(text) {
  const ways = [
    (t) => t.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    (t) => t.replace(/\\+u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))).replace(/\\+\//g, "/"),
    (t) => t.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
  ];
  let all = [text];
  for (let depth = 0; depth < 4; depth += 1) all = [...new Set(all.flatMap((t) => [t, ...ways.map((way) => way(t))]))];
  return all;
}

function holdsNone(text, where) {
  for (const read of readings(text)) {
    for (const secret of SECRETS) {
      const at = read.indexOf(secret);
      assert.ok(at < 0, `${where} tells ${secret}: ${read.slice(Math.max(0, at - 80), at + 60)}`);
    }
  }
}

/** Checks a response: it must be JSON if its type says so, and contain no secret. */
function masked({ text, headers }, where) {
  if (/json/.test(headers.get("content-type") ?? "") && !/ndjson/.test(headers.get("content-type"))) JSON.parse(text);
  holdsNone(text, where);
}

it("the check finds each secret in each spelling", () => {
  const { seed: _, n: __, ...members } = JSON.parse(planted());
  for (const [key, value] of Object.entries(members)) {
    assert.throws(() => holdsNone(typeof value === "string" ? value : key, "it"), { name: "AssertionError" }, `${key}: ${value}`);
  }
});

describe("no secret leaves", () => {
  let source, origin, receiver, fal, vault;
  before(async () => {
    [source, origin, receiver] = [await startSource(), await startOrigin(), await startReceiver()];
    vault = await startVault({ sources: `${source.url},${receiver.url}`, vars: { ...queuesAt(origin), READ_TOKEN, FAL_KEY,
      HANDOFF_SECRET, HANDOFF_URL: `${receiver.url}/all?key=${OPERATOR}`, RETRY_BASE_MS: "2000" } });
    vault.leaveWork();
    vault.expectErrors(/./);
  });
  after(() => stopAll(vault, receiver, origin, source));

  const get = (path, headers = {}) => call(vault, "GET", path, { headers });
  /** Checks a job's routes. `paths` are those that certainly show what was planted. */
  async function ofJob(id, paths) {
    for (const path of paths ?? ["", "?wait=0", "/result", "/events", "/events/1/body", "/events/2/body"]) {
      const answer = await get(`/jobs/${id}${path}`);
      masked(answer, `/jobs/${id}${path}`);
      if (answer.status === 200 && paths) assert.ok(answer.text.includes("***"), `${path} was not planted: ${answer.text}`);
    }
  }

  it("in a delivery's live messages and streams of events", async () => {
    const socket = new WebSocket(`${vault.url.replace("http", "ws")}/live`, { headers: { authorization: `Bearer ${API_TOKEN}` } });
    const messages = [];
    socket.on("message", (data) => messages.push(String(data)));
    await eventually("it is here", () => messages.length > 0 || undefined);
    const query = `?app=${encodeURIComponent(TEXTS[3])}&tag=${encodeURIComponent(TEXTS[1])}`;
    const body = `${JSON.stringify({ ...told("failed", "60", 1), queueName: TEXTS[2] }).slice(0, -1)},"error":${planted()}}`;
    assert.equal((await vault.deliver(body, { query, reference: `r-${TEXTS[3].replace(/[^a-z0-9-]/gi, "")}` })).status, 200);
    const stream = await openEvents(vault, "/jobs/60/events");
    await stream.until("the entry is sent", () => stream.entries().length > 0);
    await stream.stop();
    holdsNone(stream.text, "a stream of events");
    await eventually("the change is sent", () => messages.find((text) => text.includes('"60"')));
    socket.close();
    holdsNone(messages.join("\n"), "/live");
    assert.ok(messages.join("").includes("***"), "its labels are sent, masked");
  });

  it("in a delivery's record, result, timeline, bodies, copy in KV and hand-off", async () => {
    const kept = source.put("/outputs/free/71_0_a.mp4", noise(50));
    const both = { 70: told("failed", "70", 1), 71: completed(kept, "71") };
    for (const [id, body] of Object.entries(both)) {
      const text = `${JSON.stringify({ ...body, queueName: TEXTS[0], workerName: encodeURIComponent(TEXTS[1]) }).slice(0, -1)},"error":${planted()},"more":${planted()}}`;
      assert.equal((await vault.deliver(text, { query: `?app=${encodeURIComponent(TEXTS[3])}&tag=${encodeURIComponent(TEXTS.at(-1))}` })).status, 200);
      await vault.settled(id);
      await ofJob(id);
      const handed = await eventually(`${id} is handed on`, () => receiver.requests.find(({ json }) => String(json?.jobId) === id));
      holdsNone(handed.body.replaceAll(`key=${OPERATOR}`, ""), "the hand-off");
      const record = await eventually(`${id} is in KV`, async () => (await vault.records()).get(id));
      holdsNone(record, "KV");
    }
    for (const [n, texts] of FEW.entries()) {
      await vault.deliver(`${JSON.stringify(told("failed", `7${n}-few`, 1)).slice(0, -1)},"error":${planted(texts)}}`);
      await ofJob(`7${n}-few`, ["", "?wait=0", "/events", "/events/1/body"]);
    }
    await ofJob("71", ["", "?wait=0", "/result", "/events/1/body"]);
    const { text } = await get("/jobs/71/result");
    assert.ok(text.includes("196619188014358660") && text.includes("1.10"), "numbers stay");
    const { files } = await vault.job("71");
    assert.equal((await fetch(files[0].url)).status, 200, "a durable URL stays");
    assert.ok(text.includes(files[0].url));
    const url = source.put("/outputs/free/72_0_a.mp4", noise(50));
    await vault.deliver({ eventType: "completed", jobId: "72", video: { url, file_name: `${HOOK_TOKEN}.mp4` } });
    const named = await vault.settled("72");
    const saved = await fetch(`${named.files[0].url}?download`);
    assert.equal(saved.status, 200);
    assert.doesNotMatch(saved.headers.get("content-disposition"), new RegExp(HOOK_TOKEN));
  });

  it("in the queue's answers to submission, status, result, refusal and healing", async () => {
    const answer = `${JSON.stringify({ request_id: "80", status: "IN_QUEUE" }).slice(0, -1)},"more":${planted()}}`;
    origin.on("/queue/app", says(answer));
    masked(await call(vault, "POST", "/queue/app", { body: `{"prompt":${JSON.stringify(TEXTS.join(" "))}}` }), "a submission");
    origin.on("/queue/app/requests/80/status", says(answer));
    masked(await get("/queue/app/requests/80/status"), "a status");
    origin.on("/queue/app/requests/80", says(planted(), 400));
    masked(await get("/queue/app/requests/80"), "a refused result");
    origin.on("/queue/app/requests/80/cancel", says(planted(), 403));
    masked(await call(vault, "PUT", "/queue/app/requests/80/cancel"), "a cancel");
    origin.on("/queue/app/requests/80", says(planted()));
    masked(await get("/queue/app/requests/80"), "a healed result");
    origin.on("/queue/app/requests/81", says(planted()));
    masked(await get("/queue/app/requests/81"), "an unknown job's result");
    await ofJob("80");
    for (const texts of FEW) {
      origin.on("/queue/no", says(planted(texts), 422));
      const refused = await call(vault, "POST", "/queue/no", { body: { prompt: texts.join(" ") } });
      assert.equal(refused.status, 422);
      assert.ok(refused.text.includes("***"));
      masked(refused, "a refusal");
      await ofJob(refused.headers.get("x-hookvault-job"), ["", "?wait=0"]);
      await ofJob(refused.headers.get("x-hookvault-job"));
    }
  });

  it("in unmatched deliveries, and in the lists", async () => {
    for (const body of [planted(), `${planted()},`, `{"jobId":${JSON.stringify(`${TEXTS[0]}/${"x".repeat(200)}`)}}`]) {
      const { unmatched, ...answer } = await vault.deliver(body);
      holdsNone(JSON.stringify(answer), "a delivery's answer");
      masked(await get(`/unmatched/${unmatched}`), "/unmatched/{key}");
    }
    await fetch(`${vault.url}/hook/${API_TOKEN}x`, { method: "POST", body: "{}", headers: { "user-agent": `${TEXTS[0]} ${TEXTS[8]}` } });
    for (const path of ["/jobs", "/export", "/export?format=aria2", "/unmatched", "/refused", "/doctor", "/metrics", "/stats",
      `/jobs?status=${encodeURIComponent(TEXTS[0])}`, `/jobs/${encodeURIComponent(`${TEXTS[0]}/x`)}`]) {
      const answer = await get(path);
      // Leaves out the self-test's capability, which its reader asked for.
      masked({ ...answer, text: answer.text.replace(/"selfTest":.*/, '"selfTest":0}') }, path);
    }
  });

  it("in the log", () => {
    holdsNone(vault.logs.map(({ message }) => message).join("\n"), "the log");
  });

  it("in an error in the settings", async () => {
    const url = `https://user:pass-w@rd/0@h.example/x?key=${OPERATOR}`;
    const wrong = await startVault({ vars: { UPSTREAM_QUEUE_URL: url, UPSTREAM_FAL_URL: url, PUBLIC_URL: url, RESULT_URL: url,
      HANDOFF_URL: url, CORS_ORIGINS: url, ALLOWED_SOURCE_HOSTS: url, MAX_BODY_BYTES: FAL_KEY, FAL_KEY, UPSTREAM_API_KEY: "short-k3y" } });
    wrong.expectErrors(/./);
    const { text, json } = await call(wrong, "GET", "/doctor");
    for (const told of [text, JSON.stringify(wrong.logs)]) {
      for (const secret of ["pass-w", "rd/0", OPERATOR, FAL_KEY, "short-k3y"]) assert.ok(!told.includes(secret), `${secret}: ${told}`);
    }
    const short = json.checks.find(({ name }) => name === "UPSTREAM_API_KEY");
    assert.deepEqual([short.status, short.fix], ["fail", "npx wrangler secret put UPSTREAM_API_KEY"]);
    await wrong.stop();
  });

  it("through fal.ai's proxy, even split in pieces, and all other bytes stay", async () => {
    fal = await startFalAi();
    const proxied = await startVault({ change: fal.change, vars: { FAL_KEY, RETRY_BASE_MS: "2000" } });
    const at = "https://fal.run/fal-ai/echo";
    const upload = `{"upload_url":"https://h.example/f?X-Amz-Signature=${SIGNATURE}","a":"é","n":1.10}`;
    const ask = async () => (await fetch(`${proxied.url}/fal/proxy`, { method: "POST", body: "{}",
      headers: { authorization: `Bearer ${API_TOKEN}`, "x-fal-target-url": at } })).text();
    for (const text of [`{"a":"Key ${FAL_KEY}","b":"${unicode(FAL_KEY)}","c":"${percent(HOOK_TOKEN)}",${upload.slice(1)}`]) {
      for (const size of [1, 7, 1_000]) {
        fal.on(at, async (response) => {
          response.writeHead(200, { "content-type": "application/json" });
          const bytes = Buffer.from(text);
          for (let n = 0; n < bytes.length; n += size) {
            response.write(bytes.subarray(n, n + size));
            if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
          }
          response.end();
        });
        assert.equal(await ask(), `{"a":"Key ***","b":"***","c":"***",${upload.slice(1)}`, `in pieces of ${size}`);
      }
    }
    const headers = { "content-type": "application/json", "x-fal-echo": `Key ${FAL_KEY}` };
    const capability = `r_gw-${"0".repeat(32)}.${"a".repeat(32)}`;
    fal.on(at, (response) => response.writeHead(200, headers).end(JSON.stringify({ capability })));
    const told = await fetch(`${proxied.url}/fal/proxy`, { method: "POST", body: "{}",
      headers: { authorization: `Bearer ${API_TOKEN}`, "x-fal-target-url": at } });
    assert.deepEqual([told.headers.get("x-fal-echo"), await told.text()], ["Key ***", '{"capability":"***"}']);
    fal.on(at, (response) => response.writeHead(200, { "content-type": "video/mp4" }).end(FAL_KEY));
    assert.equal(await ask(), FAL_KEY, "bytes that are no text are not looked at");
    await stopAll(proxied, fal);
  });
});
