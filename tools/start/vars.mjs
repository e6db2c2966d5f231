// Reads `.dev.vars`: the Worker's variables on this machine.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import util from "node:util";
import { inRoot } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

/**
 * The variables of a new `.dev.vars`. They are public, so they stand neither in `.dev.vars.example` nor in
 * `wrangler.toml`: a deployment would take them for its own.
 */
export const DEVELOPMENT = {
  HOOK_TOKEN: "dev-hook-token-0123456789",
  API_TOKEN: "dev-api-token-0123456789",
  // The local S3 server. The Worker refuses plain http and loopback unless they are listed.
  ALLOWED_SOURCE_HOSTS: "http://127.0.0.1:9603,http://localhost:9603",
};
/** The key of the simulated queue. It opens nothing else. */
export const UPSTREAM_KEY = "dev-upstream-key";
const HEAD = "# Made by `npm start`: the Worker's variables on this machine. The tokens are public, so never deploy them.\n";
/** Without these the Worker refuses every delivery and request. The rules are the Worker's own. */
const NEEDED = {
  HOOK_TOKEN: { isGood: /^(?!r_)[\w-]{16,128}$/, rule: "16 to 128 characters of A-Z a-z 0-9 _ -, not beginning r_" },
  API_TOKEN: { isGood: /^[!-~]{16,}$/, rule: "at least 16 visible ASCII characters" },
};

/** Returns the first item of a list. */
export const first = (list = "") => list.split(",")[0].trim();

/** Reads the variables. If the file is missing, it is made, with those of development. */
export function readVars(path = inRoot(".dev.vars")) {
  if (!existsSync(path)) writeFileSync(path, HEAD + lines(Object.keys(DEVELOPMENT)).map((line) => `${line}\n`).join(""), { flag: "wx" });
  const vars = util.parseEnv(readFileSync(path, "utf8"));
  const { what, names } = mistake(vars) ?? {};
  if (what) throw new Failure(`.dev.vars ${what}. Write into it, for instance:\n${lines(names).map((line) => `  ${line}`).join("\n")}`);
  return vars;
}

/** Returns what is wrong with the tokens, and their names; undefined if the Worker accepts them. */
export function mistake(vars) {
  const missing = Object.keys(NEEDED).filter((name) => !first(vars[name]));
  if (missing.length > 0) return { what: `sets no ${missing.join(" and no ")}`, names: missing };
  const [name, { rule } = {}] = Object.entries(NEEDED).find(([one, { isGood }]) => !isGood.test(first(vars[one]))) ?? [];
  return name && { what: `sets ${name} to a value that the Worker does not accept: it must be ${rule}`, names: [name] };
}

const lines = (names) => names.map((name) => `${name}=${DEVELOPMENT[name]}`);
