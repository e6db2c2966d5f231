// The published libraries of Standard Webhooks, which receivers of signed webhooks use: they decide whether a signature
// is right. The JavaScript ones run here, the Python ones in a child process.
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { python } from "./python.mjs";

const JS = { "standardwebhooks-js": StandardWebhook, "svix-js": SvixWebhook };
const PYTHON = { "standardwebhooks-py": "standardwebhooks", "svix-py": "svix.webhooks" };

export const LIBRARIES = { js: Object.keys(JS), python: Object.keys(PYTHON) };

/**
 * @param {"standardwebhooks-js" | "svix-js" | "standardwebhooks-py" | "svix-py"} library
 * @param {string} secret `whsec_…`
 * @param {{ id: string, timestamp: number, body: string }} message `timestamp` in s
 * @returns {Promise<string>} the value of the header `webhook-signature`
 */
export async function sign(library, secret, { id, timestamp, body }) {
  const Webhook = JS[library];
  if (Webhook) return new Webhook(secret).sign(id, new Date(timestamp * 1_000), body);
  return (await inPython(library, { do: "sign", secret, id, timestamp, body })).signature;
}

/**
 * @param {string} library as for `sign`
 * @param {string} secret
 * @param {Record<string, string> | Headers} headers as they were received
 * @param {string} body
 * @param {{ now?: number }} [options] in s, for messages that were signed long ago
 * @returns {Promise<{ valid: boolean, why?: string }>} `why` is the library's own error
 */
export async function verify(library, secret, headers, body, { now } = {}) {
  const plain = headers instanceof Headers ? Object.fromEntries(headers) : headers;
  const Webhook = JS[library];
  if (!Webhook) return inPython(library, { do: "verify", secret, headers: plain, body, now });
  // All of this is synchronous, so nothing else sees the changed clock.
  const clock = Date.now;
  if (now !== undefined) Date.now = () => now * 1_000;
  try {
    new Webhook(secret).verify(body, plain);
    return { valid: true };
  } catch (error) {
    return { valid: false, why: error.message };
  } finally {
    Date.now = clock;
  }
}

const SCRIPT = `
import importlib, json, sys
from datetime import datetime, timezone
import standardwebhooks.webhooks as core

told = json.loads(sys.stdin.buffer.read())
if told.get("now") is not None:
    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(told["now"], tz=tz)
    core.datetime = Then
webhook = importlib.import_module(told["module"]).Webhook(told["secret"])
if told["do"] == "sign":
    at = datetime.fromtimestamp(told["timestamp"], tz=timezone.utc)
    answer = {"signature": webhook.sign(told["id"], at, told["body"])}
else:
    try:
        webhook.verify(told["body"], told["headers"])
        answer = {"valid": True}
    except Exception as error:
        answer = {"valid": False, "why": str(error)}
print(json.dumps(answer))
`;

async function inPython(library, told) {
  const module = PYTHON[library];
  if (!module) throw new Error(`no such library: ${library}`);
  const input = JSON.stringify({ module, ...told });
  const { code, stdout, stderr } = await python(SCRIPT, { input });
  if (code !== 0) throw new Error(`${library} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
