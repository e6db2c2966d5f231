// Checks what only a caller can see: the connection to the Worker.
import { commandFor } from "../setup/command.mjs";
import { ask, isLoopback, isRedirect, leadsTo, Unanswered } from "./ask.mjs";
import { fail, ok, warn } from "./check.mjs";

/** From here on a clock is suspicious; signatures of webhooks allow for five minutes. */
const ODD_MS = 30_000;
const WRONG_MS = 300_000;
/** The header `Date` has whole seconds only. */
const GRAIN_MS = 1_000;

/**
 * Tells whether a webhook and a token may be sent to the URL. Returns undefined for https, which the answer will prove.
 */
export function transport(url) {
  if (url.protocol === "https:") return undefined;
  if (isLoopback(url)) return ok("tls", "not needed on this machine");
  return fail("tls", `${url.origin} is not https: tokens would be sent unencrypted; nothing was sent`,
    "give the https URL");
}

/** Asks without a token whether a vault answers: `{ checks, isThere }`. */
export async function reach(url) {
  const plain = transport(url);
  if (plain?.status === "fail") return { checks: [plain], isThere: false };
  let answer;
  try {
    answer = await ask(new URL("/healthz", url));
  } catch (error) {
    return { checks: unanswered(url, error), isThere: false };
  }
  const tls = plain ?? ok("tls", "the certificate is valid");
  const found = greeting(url, answer);
  return { checks: [tls, found], isThere: found.status === "ok" };
}

function unanswered(url, error) {
  if (!(error instanceof Unanswered)) throw error;
  if (!error.isCertificate) {
    return [fail("reach", `${url.origin} can't be reached: ${error.message}`, rightUrl(url))];
  }
  return [fail("tls", `the certificate of ${url.host} is not valid: ${error.message}; queues do not deliver to it`,
    "renew the host's certificate, or use the workers.dev URL")];
}

function greeting(url, answer) {
  const { status, bytes, ms } = answer;
  if (isRedirect(answer)) {
    return fail("reach", `${url.origin} answers ${status} to ${leadsTo(answer)}: a redirect turns a `
      + "POST into a GET, and webhooks are lost", "use the redirect's target, here and as the webhook", ms);
  }
  if (status === 200 && bytes.toString("utf8") === "ok\n") return ok("reach", "a vault answers", ms);
  return fail("reach", `${url.origin} is not a vault: /healthz answers ${status}`, rightUrl(url), ms);
}

const rightUrl = (url) => isLoopback(url)
  ? `run \`${commandFor("start")}\`, and compare the URL with the one it printed`
  : `compare the URL with the one that \`${commandFor("deploy")}\` printed`;

/** Compares the Worker's clock with this machine's. */
export function clock({ headers, from, ms }, name = "local-clock") {
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return warn(name, "the answer has no date", "check the proxies between you and the Worker");
  const skew = Math.max(from - theirs - GRAIN_MS, theirs - (from + ms), 0);
  if (skew < ODD_MS) return ok(name, "this machine's clock agrees with the Worker's");
  const detail = `this machine's clock and the Worker's differ by ${Math.round(skew / 1_000)} s`;
  const fix = "set this machine's clock (`timedatectl set-ntp true`)";
  return skew < WRONG_MS ? warn(name, detail, fix) : fail(name, `${detail}: signatures of webhooks are refused`, fix);
}
