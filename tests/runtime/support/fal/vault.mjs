// A vault that receives fal.ai's signed webhooks, and a fal.ai that publishes its keys.
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

  /** Makes a webhook of fal's, signed unless `headers` say otherwise. `sent` replaces the body after signing. */
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
    /** Sends a webhook, and returns the trust that it got, or the refusal. A refused one must not create a job. */
    async outcome(change) {
      const one = letter(change);
      const answer = await send(one);
      if (answer.status === 200) return trust(one.requestId);
      assert.equal(await exists(one.requestId), false, "a refused delivery has made a job");
      return `${answer.status}: ${answer.detail}`;
    },
    /** Restarts the vault, which then knows no key, and counts how often it fetches them. */
    async cold(vars = {}) {
      await vault.restart({ ...VARS, RETRY_BASE_MS: "25", ...vars });
      fal.heal();
      const before = fal.asked();
      return { asked: () => fal.asked() - before };
    },
    stop: () => stopAll(vault, outbound),
  };
}
