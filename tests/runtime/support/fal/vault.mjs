// A vault that gets fal.ai's signed webhooks, and fal.ai, which publishes its keys.
import assert from "node:assert/strict";
import { falSender, ok } from "./sender.mjs";
import { startOutbound } from "../servers/outbound.mjs";
import { stopAll } from "../stop.mjs";
import { startVault } from "../vault.mjs";

export const FAL_KEY = "fal-key-0123456789";
const VARS = { FAL_USER_ID: "fal-user-1", FAL_KEY, MAX_BODY_BYTES: "4000" };

export async function startFalVault() {
  const fal = falSender();
  const outbound = await startOutbound();
  fal.serve(outbound);
  const vault = await startVault({ vars: VARS, change: outbound.change });
  vault.expectErrors(/fal\.ai's keys/);
  let n = 0;

  /** A webhook of fal's, signed unless `headers` say otherwise; `sent` is what becomes of its body. */
  function letter({ headers, sent, ...change } = {}) {
    const requestId = change.requestId ?? `fal-${(n += 1)}`;
    const body = change.body ?? ok(requestId, { done: true });
    return { requestId, body: sent ?? body, headers: headers ?? fal.signed({ ...change, requestId, body }) };
  }
  const send = ({ body, headers }, to = {}) => vault.deliver(body, { headers, ...to });
  const trust = async (id) => (await vault.events(id)).flatMap(({ trust }) => trust ?? []).join();
  const exists = async (id) => (await vault.get(`/jobs/${id}?wait=0`)).status === 200;

  return {
    ...{ fal, outbound, vault, letter, send, trust, exists },
    /** Sends, and says how far it was believed; what is refused is in no job. */
    async outcome(change) {
      const one = letter(change);
      const answer = await send(one);
      if (answer.status === 200) return trust(one.requestId);
      assert.equal(await exists(one.requestId), false, "a refused delivery has made a job");
      return `${answer.status}: ${answer.detail}`;
    },
    /** An isolate that knows no key, and how often it asks for them. */
    async cold(vars = {}) {
      await vault.restart({ ...VARS, RETRY_BASE_MS: "25", ...vars });
      fal.heal();
      const before = fal.asked();
      return { asked: () => fal.asked() - before };
    },
    stop: () => stopAll(vault, outbound),
  };
}
