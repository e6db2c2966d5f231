// The two secrets that every vault needs: where they come from, and which values are valid.
import { randomBytes } from "node:crypto";
import { Failure } from "../setup/run.mjs";
import { DEVELOPMENT } from "../start/vars.mjs";

/** The rules of `src/domain/access/tokens.rs`. Each secret is a comma-separated list. */
const RULES = {
  HOOK_TOKEN: {
    what: "for deliveries",
    rule: "16 to 128 characters of A-Z a-z 0-9 _ -, not beginning r_",
    isGood: (token) => /^(?!r_)[\w-]{16,128}$/.test(token),
  },
  API_TOKEN: {
    what: "for reading and acting",
    rule: "at least 16 visible ASCII characters, without commas",
    isGood: (token) => /^[!-~]{16,}$/.test(token),
  },
};

export const NAMES = Object.keys(RULES);

/** Tells whether every token of a list is valid. */
export function isGood(name, list) {
  const tokens = list.split(",").map((token) => token.trim());
  return tokens.every(RULES[name].isGood);
}

/** Tells whether a list has the token that every `npm start` has. Everybody knows it, so no deployment may have it. */
export const isPublic = (name, list) => list.split(",").some((token) => token.trim() === DEVELOPMENT[name]);

/** Throws if the environment has a secret that the Worker would not accept. */
export function checkGiven(env) {
  for (const name of NAMES) {
    if (env[name] && !isGood(name, env[name])) throw new Failure(`${name} in the environment must be ${RULES[name].rule}.`);
  }
}

/**
 * Returns a value for each of these names: `{ name: { value, isNew, isGiven } }`; `isNew` means that it was made here,
 * `isGiven` that it is the environment's. A public token in the environment does not count: somebody who pasted the
 * commands of `npm start` has it there.
 *
 * @param {{ env: object, ask?: (prompt: string) => Promise<string>, say: (text: string) => void }} from `ask` is
 *   missing if nobody is at the terminal: then no value is made
 */
export async function valuesFor(names, { env, ask, say }) {
  const known = names.filter((name) => env[name] && !isPublic(name, env[name]));
  const unknown = names.filter((name) => !known.includes(name));
  for (const name of unknown.filter((one) => env[one])) say(`\n${name} in the environment is the public one of \`npm start\`, so it is not used.`);
  if (unknown.length > 0 && !ask) throw new Failure(untold(unknown));
  const values = {};
  for (const name of names) {
    values[name] = known.includes(name) ? { value: env[name], isNew: false, isGiven: true } : await asked(name, { ask, say });
  }
  return values;
}

async function asked(name, { ask, say }) {
  const { what, rule } = RULES[name];
  for (;;) {
    const typed = await ask(`${name}, ${what} (not shown; Enter makes one): `);
    if (!typed) return { value: randomBytes(24).toString("hex"), isNew: true };
    if (isGood(name, typed) && !isPublic(name, typed)) return { value: typed, isNew: false };
    say(isPublic(name, typed) ? "It must not be the token of `npm start`, which is public." : `It must be ${rule}.`);
  }
}

function untold(names) {
  const list = names.join(" and ");
  return `The Worker is deployed, but ${list} ${names.length === 1 ? "is" : "are"} not set, and there is no terminal to ask on: `
    + "until then its routes answer 503.\n"
    + "Run this again with them in the environment, or set each with `npx wrangler secret put <NAME>`; "
    + "`openssl rand -hex 24` makes a good one.";
}

/** Returns a text without these secrets. */
export function masked(text, values) {
  return values.reduce((sofar, value) => sofar.replaceAll(value, "***"), text);
}
