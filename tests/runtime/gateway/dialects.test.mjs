// Each state of a job in the words of both kinds of clients: pipelet's for `Bearer`, fal's for `Key`.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { call, queuesAt, says } from "../support/calls.mjs";
import { startOrigin } from "../support/servers/origin.mjs";
import { stopAll } from "../support/stop.mjs";
import { startVault } from "../support/vault.mjs";

const BIG = "196619188014358660";
const AT = { updatedAt: 1_766_867_990_000 };
const ENDS = {
  completed: { event: { eventType: "completed" }, words: ["COMPLETED", "COMPLETED"], result: 200 },
  failed: { event: { eventType: "failed", error: "out of memory", ...AT }, words: ["FAILED", "COMPLETED"], result: 422 },
  cancelled: { event: { eventType: "cancelled", ...AT }, words: ["CANCELLED", "COMPLETED"], result: 422 },
};
const SCHEMES = ["Bearer", "Key"];

let origin, vault, count = 0;
before(async () => {
  origin = await startOrigin();
  vault = await startVault({ vars: queuesAt(origin) });
  origin.on("/queue/m", says(() => ({ request_id: String((count += 1)) })));
});
after(() => stopAll(vault, origin));

async function submitted() {
  const { json } = await call(vault, "POST", "/queue/m", { body: "{}" });
  return { id: json.request_id, at: `/queue/m/requests/${json.request_id}` };
}

describe("a job that the upstream answers for", () => {
  /** The upstream's status, and the status for fal's clients. */
  const TOLD = [["IN_QUEUE", "IN_QUEUE"], ["IN_PROGRESS", "IN_PROGRESS"], ["COMPLETED", "COMPLETED"], ["FAILED", "COMPLETED"],
    ["CANCELLED", "COMPLETED"]];

  it("keeps the whole answer, and adds what fal's clients need", async () => {
    for (const [word, known] of TOLD) {
      for (const scheme of SCHEMES) {
        const { id, at } = await submitted();
        origin.on(`${at}/status`, says(`{ "status": "${word}", "seed": ${BIG}, "response_url": "http://10.0.0.1/x" }`));
        origin.on(at, says({ detail: "not yet" }, 400));
        const { text, json, headers } = await call(vault, "GET", `${at}/status`, { scheme });
        assert.equal(json.status, scheme === "Key" ? known : word);
        assert.match(text, new RegExp(`"seed": ${BIG}`));
        assert.equal(json.response_url, `${vault.url}${at}`);
        assert.equal(headers.get("x-fal-request-id"), id);
        if (scheme === "Bearer") assert.deepEqual(Object.keys(json), ["status", "seed", "response_url"]);
        else if (word === "IN_QUEUE") assert.equal(json.queue_position, 0);
        else assert.equal(json.logs, null);
      }
    }
  });

  it("has the upstream's status for a late cancel, or for fal's clients one on which they give up", async () => {
    const { at } = await submitted();
    origin.on(`${at}/cancel`, says({ detail: "started" }, 409));
    for (const [scheme, status] of [["Bearer", 409], ["Key", 400]]) {
      const answer = await call(vault, "PUT", `${at}/cancel`, { scheme });
      assert.deepEqual([answer.status, answer.json], [status, { detail: "started" }]);
    }
  });
});

describe("a job that has ended", () => {
  for (const [end, { event, words, result }] of Object.entries(ENDS)) {
    it(`${end} is answered by the vault alone`, async () => {
      const { id, at } = await submitted();
      const body = JSON.stringify({ ...event, jobId: id }).replace("}", `,"seed":${BIG}}`);
      await vault.deliver(body);
      const asked = () => origin.requestsMade().filter(({ path }) => path.startsWith(at)).length;
      for (const [n, scheme] of SCHEMES.entries()) {
        const status = await call(vault, "GET", `${at}/status`, { scheme });
        assert.deepEqual([status.status, status.json.status, status.json.request_id], [200, words[n], id]);
        assert.ok("logs" in status.json);
        const told = await call(vault, "GET", at, { scheme });
        assert.equal(told.status, result);
        if (result === 200) assert.equal(told.text, `{"seed":${BIG}}`);
        if (end === "failed") assert.deepEqual([told.json.detail, told.json.message], ["out of memory", "out of memory"]);
        if (end === "cancelled") assert.match(told.json.message, /cancelled/);
        const late = await call(vault, "PUT", `${at}/cancel`, { scheme });
        assert.deepEqual([late.status, late.json.status], [scheme === "Key" ? 400 : 409, "ALREADY_COMPLETED"]);
        const stream = await call(vault, "GET", `${at}/status/stream`, { scheme });
        assert.equal(JSON.parse(stream.text.slice("data: ".length)).status, words[n]);
      }
      assert.equal(asked(), 0, "no one is asked");
    });
  }
});
