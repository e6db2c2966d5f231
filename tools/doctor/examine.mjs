// Collects all of the doctor's findings: the connection to the Worker, the Worker's own report, a delivery.
import { commandFor, localTokens } from "../setup/command.mjs";
import { ask, isRedirect, json, Unanswered } from "./ask.mjs";
import { fail, read, warn } from "./check.mjs";
import { clock, reach } from "./outside.mjs";
import { selfTest } from "./selftest.mjs";

/**
 * @param {{ url: URL, token: string, say?: (check: object) => void }} options `token`: API_TOKEN, or READ_TOKEN, with
 *   which no delivery is tried; `say` gets each finding at once
 * @returns {Promise<object[]>} the findings
 */
export async function examine({ url, token, say = () => {} }) {
  const checks = [];
  const note = (...found) => {
    checks.push(...found);
    found.forEach(say);
  };
  const { checks: way, isThere } = await reach(url);
  note(...way);
  if (!isThere) return checks;
  const { found, test } = await report(url, token);
  note(...found);
  if (test) note(...(await selfTest({ url, token, selfTest: test })));
  return checks;
}

/** Asks the Worker for its own report: `{ found, test }`. */
async function report(url, token) {
  let answer;
  try {
    answer = await ask(new URL("/doctor", url), { token });
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    return { found: [fail("doctor", `GET /doctor: ${error.message}`, "try again; `npx wrangler tail` shows errors")] };
  }
  const { checks: told, selfTest: test } = json(answer);
  if (answer.status !== 200 || !Array.isArray(told)) return { found: [refused(answer)] };
  const checks = told.map(read);
  const found = [clock(answer), ...checks];
  if (!test && checks.every(({ name, status }) => name !== "HOOK_TOKEN" || status === "ok")) {
    found.push(warn("self-test", "no test delivery was sent: it needs the API token", "run it again with API_TOKEN set"));
  }
  return { found, test };
}

function refused(answer) {
  const { status } = answer;
  const { detail } = json(answer);
  if (status === 401 || status === 403) {
    return fail("doctor", "the Worker does not accept this token", `set API_TOKEN to the secret's value (that of \`${commandFor("start")}\` is in ${localTokens()}), or set a new one: npx wrangler secret put API_TOKEN`);
  }
  if (status === 503 && detail) return fail("doctor", detail, "npx wrangler secret put API_TOKEN");
  if (status === 404 || isRedirect(answer)) {
    return fail("doctor", `GET /doctor answers ${status}`, `deploy this version: \`${commandFor("deploy")}\``);
  }
  return fail("doctor", `GET /doctor answers ${status}`, "`npx wrangler tail` shows errors");
}
