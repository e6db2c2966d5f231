// Deploys a vault from nothing, and checks that it works. Running it again is safe: secrets that are set stay.
import { setTimeout as sleep } from "node:timers/promises";
import { ask as request, Unanswered } from "../doctor/ask.mjs";
import { reach } from "../doctor/outside.mjs";
import { diagnose } from "../doctor/run.mjs";
import { vaultUrl } from "../doctor/url.mjs";
import { commandFor } from "../setup/command.mjs";
import { Failure } from "../setup/run.mjs";
import { checkGiven, masked, NAMES, valuesFor } from "./secrets.mjs";
import { capture, deployed, shared, show, urlOf } from "./wrangler.mjs";

/** How many milliseconds Cloudflare may take to make a new Worker, its name and its secrets known everywhere. */
const PATIENCE_MS = 120_000;
const PAUSE_MS = 2_000;

/**
 * @param {object} options
 * @param {string[]} options.args for `wrangler deploy`
 * @param {string} options.wrangler the path of its script
 * @param {object} options.env
 * @param {string} [options.cwd] the folder to deploy
 * @param {(prompt: string) => Promise<string>} [options.ask] missing if nobody is at the terminal
 * @param {(text: string) => void} options.say
 * @param {object} options.paint
 * @param {number} [options.patienceMs]
 * @returns {Promise<number>} the exit code: 2 if the doctor found a failure
 */
export async function deploy({ args, wrangler, env, cwd, ask, say, paint, patienceMs = PATIENCE_MS }) {
  const call = { wrangler, env, cwd };
  checkGiven(env);
  await login(call, args, { env, ask, say });
  const { name, targets } = await deployed(call, args);
  const common = [...shared(args), ...(name ? ["--name", name] : [])];
  const set = await setMissing(call, common, { env, ask, say });
  tellNew(set, say, paint);
  const url = urlOf(targets);
  if (!url) {
    say(`\nwrangler printed no URL of the Worker; once you have it, check it: \`${commandFor("doctor")} <URL>\`.`);
    return 0;
  }
  const code = await look({ url, token: set.API_TOKEN?.value ?? env.API_TOKEN, ask, say, paint, patienceMs });
  tellWebhook(url, set.HOOK_TOKEN, { ask, say, paint });
  return code;
}

/**
 * Logs in, unless there is an API token. An account's token may be for deployments only; then wrangler does not know
 * whose it is.
 */
async function login(call, args, { env, ask, say }) {
  const { code } = await capture(call, ["whoami", "--json", ...shared(args)]);
  if (code === 0 || env.CLOUDFLARE_API_TOKEN) return;
  if (!ask) {
    throw new Failure("Not logged in at Cloudflare: set CLOUDFLARE_API_TOKEN (dashboard → My Profile → API Tokens, "
      + "template \u201cEdit Cloudflare Workers\u201d), or run `npx wrangler login` on a terminal.");
  }
  say("Not logged in at Cloudflare.");
  const ended = await show(call, ["login", ...shared(args)]);
  if (ended !== 0) throw new Failure(`wrangler login ended with ${ended}; nothing was changed.`);
}

/** Sets only the secrets that the Worker lacks. */
async function setMissing(call, common, from) {
  const listed = await capture(call, ["secret", "list", "--format", "json", ...common]);
  const known = secretNames(listed);
  const missing = NAMES.filter((name) => !known.includes(name));
  const kept = NAMES.filter((name) => !missing.includes(name));
  if (kept.length > 0) from.say(`\nAlready set, and left unchanged: ${kept.join(", ")}.`);
  if (missing.length === 0) return {};
  const values = await valuesFor(missing, from);
  const plain = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
  const { code, out, err } = await capture(call, ["secret", "bulk", ...common], JSON.stringify(plain));
  if (code !== 0) {
    throw new Failure(`${masked(out + err, Object.values(plain))}\nThe Worker is deployed, but its secrets could not be set: `
      + `wrangler secret bulk ended with ${code}. Run this again; the secrets made just now are not kept.`);
  }
  const named = missing.map((name) => (values[name].isGiven ? `${name} (from the environment)` : name));
  from.say(`\nSet: ${named.join(", ")}.`);
  return values;
}

function secretNames({ code, out, err }) {
  try {
    if (code !== 0) throw new Error(`it ended with ${code}`);
    return JSON.parse(out.slice(out.indexOf("["))).map(({ name }) => name);
  } catch (error) {
    throw new Failure(`${err}\nThe Worker is deployed, but its secrets could not be listed (wrangler secret list): ${error.message}.`);
  }
}

/** Shows new secrets, because nobody can read them later: the user must keep them. */
function tellNew(set, say, paint) {
  const made = Object.entries(set).filter(([, { isNew }]) => isNew);
  if (made.length === 0) return;
  say(paint.bold("\nMade for you, and shown this once; keep them in a password manager:"));
  for (const [name, { value }] of made) say(`  ${name}=${value}`);
}

/** Runs the doctor, as soon as the Worker is known everywhere. */
async function look({ url, token, ask, say, paint, patienceMs }) {
  const typed = token ?? (await ask?.("\nAPI_TOKEN, to check the Worker (not shown; Enter skips the check): "));
  if (!typed) {
    say(`\nTo check it: API_TOKEN=… ${commandFor("doctor")} ${url}`);
    return 0;
  }
  const vault = vaultUrl(url);
  const [first] = typed.split(",").map((entry) => entry.trim());
  say(`\nThe doctor checks ${url}:`);
  await untilKnown(vault, first, patienceMs);
  return (await diagnose({ url: vault, token: first, paint, say })) === 2 ? 2 : 0;
}

/** Waits until the Worker answers. If it never does, the doctor explains why. */
async function untilKnown(url, token, patienceMs) {
  for (const end = Date.now() + patienceMs; ; await sleep(Math.min(PAUSE_MS, patienceMs))) {
    try {
      // Checks that this is a vault before it gets the token.
      const { isThere } = await reach(url);
      if (isThere && (await request(new URL("/refused", url), { token })).status === 200) return;
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
    if (Date.now() >= end) return;
  }
}

/** Prints the webhook's URL. Only somebody who has just chosen the token on this terminal sees it; a log never does. */
function tellWebhook(url, hook, { ask, say, paint }) {
  const [first] = (ask && hook ? hook.value : "<HOOK_TOKEN>").split(",").map((entry) => entry.trim());
  say(`\nGive this to the queue as \`fal_webhook\`:\n  ${paint.bold(`${url.replace(/\/$/, "")}/hook/${first}`)}`);
}
