// Verifies what hookvault hands on: messages by Standard Webhooks.
import { Webhook, WebhookVerificationError } from "standardwebhooks";

export { WebhookVerificationError };

/**
 * Verifies a message, and returns `{ id, event, body }`. Throws a `WebhookVerificationError` if no secret has signed
 * it.
 *
 * @param {Request | { headers: Headers | Record<string, string | string[] | undefined>, body: string | Uint8Array }} message
 *   a request, or its headers and the body as it came: a body that was parsed and written again has another signature
 * @param {string | string[]} secrets the value of `HANDOFF_SECRET`
 */
export async function verifyHandoff(message, secrets) {
  const headers = plain(message.headers);
  const body = await textOf(message);
  const all = [secrets].flat().flatMap((list) => list.split(",")).map((secret) => secret.trim()).filter(Boolean);
  let refused = new WebhookVerificationError("No secret was given");
  for (const secret of all) {
    try {
      const event = new Webhook(secret).verify(body, headers);
      return { id: headers["webhook-id"], event, body };
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      refused = error;
    }
  }
  throw refused;
}

const plain = (headers) => Object.fromEntries([...(headers instanceof Headers ? headers : Object.entries(headers))]
  .map(([name, value]) => [name.toLowerCase(), String(value)]));

function textOf(message) {
  if (typeof message.text === "function") return message.text();
  return typeof message.body === "string" ? message.body : new TextDecoder().decode(message.body);
}
