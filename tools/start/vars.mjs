// Reads `.dev.vars`: the Worker's variables on this machine.
import { constants, copyFileSync, existsSync, readFileSync } from "node:fs";
import util from "node:util";
import { inRoot } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

const EXAMPLE = inRoot(".dev.vars.example");
/** Without these the Worker refuses every delivery and request. The rules are the Worker's own. */
const NEEDED = {
  HOOK_TOKEN: { isGood: /^(?!r_)[\w-]{16,128}$/, rule: "16 to 128 characters of A-Z a-z 0-9 _ -, not beginning r_" },
  API_TOKEN: { isGood: /^[!-~]{16,}$/, rule: "at least 16 visible ASCII characters" },
};

/** Returns the first item of a list. */
export const first = (list = "") => list.split(",")[0].trim();

/** Reads the variables. If the file is missing, it is copied from the example. */
export function readVars(path = inRoot(".dev.vars")) {
  if (!existsSync(path)) copyFileSync(EXAMPLE, path, constants.COPYFILE_EXCL);
  const vars = read(path);
  const missing = Object.keys(NEEDED).filter((name) => !first(vars[name]));
  if (missing.length > 0) throw refusal(`sets no ${missing.join(" and no ")}`, missing);
  for (const [name, { isGood, rule }] of Object.entries(NEEDED)) {
    if (!isGood.test(first(vars[name]))) throw refusal(`sets ${name} to a value that the Worker does not accept: it must be ${rule}`, [name]);
  }
  return vars;
}

function refusal(what, names) {
  const examples = names.map((name) => `  ${name}=${read(EXAMPLE)[name]}`);
  return new Failure(`.dev.vars ${what}. Write into it, as .dev.vars.example does:\n${examples.join("\n")}`);
}

const read = (path) => util.parseEnv(readFileSync(path, "utf8"));
