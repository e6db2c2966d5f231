// Sends a delivery through the hook, as a queue does: it must be accepted, stored, served byte for byte, and deleted.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { commandFor } from "../setup/command.mjs";
import { ask, isRedirect, json, leadsTo, Unanswered } from "./ask.mjs";
import { fail, ok, warn } from "./check.mjs";
import { transport } from "./outside.mjs";
import { png } from "./png.mjs";

/** More than the megabyte that proxies accept by default. */
const LARGE_BYTES = 4 * 1024 * 1024;
const LARGE = "4 MiB";
/** How many milliseconds the Worker may take to store the file. */
const STORED_LIMIT_MS = 60_000;
/** Makes the Worker delete the job a day later, in case this ends before it does. */
const KEEP = "?keep=1";

/**
 * @param {{ url: URL, token: string, selfTest: { hook: string, job: string } }} options
 * @returns {Promise<object[]>} the findings
 */
export async function selfTest({ url, token, selfTest: { hook, job } }) {
  if (!URL.canParse(String(hook)) || !/^ref:selftest-[0-9a-f]{32}$/.test(job)) {
    return [fail("hook", "the self-test's URL can't be read", `deploy this version: \`${commandFor("deploy")}\``)];
  }
  const plain = transport(new URL(hook));
  if (plain?.status === "fail") return [{ ...plain, name: "hook", fix: `correct PUBLIC_URL in wrangler.toml, then \`${commandFor("deploy")}\`` }];
  const path = `/jobs/${job}`;
  const checks = [];
  try {
    checks.push(await knock(hook));
    if (checks[0].status === "fail") return checks;
    checks.push(await large(hook), ...(await deliver({ url, token, hook, path })));
  } finally {
    checks.push(await remove({ url, token, path }));
  }
  return checks;
}

const post = (hook, body) =>
  ask(hook + KEEP, { method: "POST", body, headers: { "content-type": "application/json" } });

/** Runs `work`. If there is no answer, that becomes a finding of this name. */
async function finding(name, what, fix, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    return fail(name, `${what}: ${error.message}`, fix);
  }
}

const knock = (hook) => finding("hook", "a delivery", `compare the URL, or PUBLIC_URL, with the one that \`${commandFor("deploy")}\` printed`, async () => {
  const answer = await post(hook, JSON.stringify({ eventType: "doctor" }));
  if (answer.status === 200) return ok("hook", "a delivery is accepted, without a redirect", answer.ms);
  if (isRedirect(answer)) {
    return fail("hook", `the hook answers ${answer.status} to ${leadsTo(answer)}: webhooks are lost`,
      "use the redirect's target as the webhook, or set PUBLIC_URL to it", answer.ms);
  }
  return fail("hook", `a delivery gets ${answer.status}: ${json(answer).detail ?? "not the Worker's own answer"}`,
    "check what stands before the Worker: rules, Access, a firewall", answer.ms);
});

const IN_BETWEEN = "raise the limit of the proxy or firewall before the Worker";

const large = (hook) => finding("body-size", `a delivery of ${LARGE}`, IN_BETWEEN, async () => {
  const frame = JSON.stringify({ eventType: "doctor", padding: "" });
  const body = frame.replace('""', `"${"x".repeat(LARGE_BYTES - frame.length)}"`);
  const answer = await post(hook, body);
  const { detail = "" } = json(answer);
  if (answer.status === 200) return ok("body-size", `a delivery of ${LARGE} is accepted`, answer.ms);
  if (answer.status === 413 && detail.includes("MAX_BODY_BYTES")) {
    return warn("body-size", `a delivery of ${LARGE} is over MAX_BODY_BYTES: results as base64 are refused`,
      "raise MAX_BODY_BYTES in wrangler.toml, or submit with `x-pipelet-output: binary`", answer.ms);
  }
  const fix = answer.status < 500 ? IN_BETWEEN
    : "see `npx wrangler tail`; on the free plan it may need more CPU time than the plan allows (error 1102): submit with `x-pipelet-output: binary`";
  return fail("body-size", `a delivery of ${LARGE} gets ${answer.status}, and not from the Worker: results as base64 are lost`,
    fix, answer.ms);
});

/** Delivers a picture, and fetches it back. */
async function deliver({ url, token, hook, path }) {
  const bytes = png(randomBytes(3_000));
  const image = `data:image/png;base64,${bytes.toString("base64")}`;
  const body = JSON.stringify({ eventType: "completed", image });
  let record;
  const stored = await finding("stored", "a result", "see `npx wrangler tail`", async () => {
    const from = Date.now();
    const answer = await post(hook, body);
    if (answer.status !== 200) return fail("stored", `a result gets ${answer.status}`, "see `hook`", answer.ms);
    record = await settled({ url, token, path });
    if (record?.archive === "stored") return ok("stored", "the file of a result is in R2", Date.now() - from);
    const why = record?.files?.[0]?.error ?? "it has not been tried yet";
    return fail("stored", `the file of a result is ${record?.archive ?? "not known"} after ${STORED_LIMIT_MS / 1_000} s: ${why}`,
      "see `r2` and `jobs`; `npx wrangler tail` shows the alarm's errors", Date.now() - from);
  });
  if (stored.status !== "ok") return [stored];
  return [stored, await served(record.files[0].url, bytes)];
}

async function settled({ url, token, path }) {
  let record;
  for (const end = Date.now() + STORED_LIMIT_MS; Date.now() < end; await sleep(200)) {
    record = json(await ask(new URL(`${path}?wait=10&for=settled`, url), { token }));
    if (record.archive && record.archive !== "pending" && record.archive !== "none") break;
  }
  return record;
}

const served = (link, bytes) => finding("served", "the durable URL", "compare PUBLIC_URL with the URL that you gave", async () => {
  const answer = await ask(link);
  if (answer.status === 200 && answer.bytes.equals(bytes)) return ok("served", "byte for byte, from its durable URL", answer.ms);
  const what = answer.status === 200 ? "its bytes are not the delivered ones" : answer.status;
  return fail("served", `the durable URL answers ${what}`, "compare PUBLIC_URL with the URL that you gave", answer.ms);
});

const remove = ({ url, token, path }) => finding("deleted", "the self-test's job", "it is deleted by itself in a day", async () => {
  const { status, ms } = await ask(new URL(path, url), { token, method: "DELETE" });
  // 404: no delivery got in, so there is no job.
  if (status === 204 || status === 404) return ok("deleted", "the self-test left nothing behind", ms);
  return warn("deleted", `the self-test's job can't be deleted: ${status}`, "it is deleted by itself in a day", ms);
});
