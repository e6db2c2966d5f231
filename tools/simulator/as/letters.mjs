// Sends one webhook, with as many tries as its sender makes.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { signed } from "./sign.mjs";

/** Ends the wait for a receiver that hangs, so that the simulator can become idle. */
const ANSWER_LIMIT_S = 30;
/** Where no source tells the pauses between tries, they double from this one on. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 3_600_000;
const CHALLENGE_LIMIT_S = 3;

/**
 * Posts a webhook until it is taken. The tries of one webhook have one id, but each its own time and signature.
 *
 * @param {import("../job.mjs").Job} job
 * @param {string} body
 * @param {(headers: object, timeoutS: number) => Promise<{ status: number | null }>} post makes one try
 * @param {AbortSignal} stopped
 */
export async function deliver(job, body, post, stopped) {
  const { id, row, secret, knobs } = job;
  const { sign, retry = { times: 0 }, timeoutS = ANSWER_LIMIT_S } = row?.webhook ?? {};
  const letter = `msg_${randomUUID().replaceAll("-", "")}`;
  for (const pause of pauses(retry, row ? knobs.tries : null)) {
    const s = Math.floor((Date.now() + knobs.skewMs) / 1_000);
    const { status } = await post(signed(sign, { id, letter, s, body, secret: secret || null }), timeoutS);
    if (pause === undefined || isOver(status, retry)) return;
    await sleep(pause, undefined, { signal: stopped });
  }
}

/** Returns the pause after each try; undefined after the last one. */
function* pauses({ times = Infinity, everyMs, forS = Infinity }, tries) {
  const most = tries === null ? times : tries - 1;
  let [next, sum] = [everyMs ?? FIRST_PAUSE_MS, 0];
  for (let n = 0; n < most && sum + next <= forS * 1_000; n += 1) {
    yield next;
    sum += next;
    next = everyMs ?? Math.min(next * 2, LONGEST_PAUSE_MS);
  }
  yield undefined;
}

function isOver(status, { wants, not }) {
  const isTaken = wants === undefined ? status >= 200 && status < 300 : status === wants;
  return isTaken || (not === "4xx" && status >= 400 && status < 500);
}

/**
 * Asks the receiver for the answer that some senders want before the first webhook.
 *
 * @param {import("../job.mjs").Job} job
 * @param {AbortSignal} stopped
 * @returns {Promise<boolean>} whether webhooks may be sent
 */
export async function isWelcome({ row, webhookUrl }, stopped) {
  if (!row?.webhook?.challenge) return true;
  const challenge = randomUUID();
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(CHALLENGE_LIMIT_S * 1_000)]);
  const init = { method: "POST", headers: { "content-type": "application/json", connection: "close" }, signal };
  try {
    const answer = await fetch(webhookUrl, { ...init, body: JSON.stringify({ challenge }) });
    return (await answer.json()).challenge === challenge;
  } catch {
    return false;
  }
}
