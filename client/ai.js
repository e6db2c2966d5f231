// The webhook of the AI SDK's video generation (`ai` 7, where it is experimental), with hookvault as its receiver.
import { HookVaultError } from "./error.js";

/**
 * Makes what the option `webhook` of `experimental_generateVideo` returns: a URL for the provider, and a promise of the
 * notification. hookvault receives the webhook, so that the program needs no public address.
 */
export function createWebhook(vault, { hookToken, app, tags = [], reference = `ai-${crypto.randomUUID()}`, timeoutMs, signal }) {
  const job = `ref:${reference}`;
  const received = end(vault, job, { timeoutMs, signal });
  // The SDK may give up before it waits for this.
  received.catch(() => {});
  return { url: vault.hookUrl(hookToken, { reference, app, tags }), received, job };
}

/** Resolves to the end of the job, as the queue's webhook has it, with durable URLs. */
async function end(vault, job, options) {
  const failed = (error) => {
    if (error instanceof HookVaultError && error.code === "no-result") return undefined;
    throw error;
  };
  const result = await vault.result(job, options).catch(failed);
  const { id, status, error } = await vault.job(job, { isFresh: true, signal: options.signal });
  const body = { eventType: status, jobId: id, ...(status === "completed" ? outputs(result) : { error }) };
  return { headers: { "content-type": "application/json" }, body };
}

/** Returns the members of a result; one that is no object has the name that the queue's webhook gives it. */
const outputs = (result) =>
  (result !== null && typeof result === "object" && !Array.isArray(result) ? result : { payload: result });
