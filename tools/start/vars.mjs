// `.dev.vars`: the Worker's variables on this machine.
import { constants, copyFileSync, existsSync, readFileSync } from "node:fs";
import util from "node:util";
import { inRoot } from "../setup/project.mjs";
import { Failure } from "../setup/run.mjs";

const EXAMPLE = inRoot(".dev.vars.example");
/** Without them the Worker takes no delivery, and shows nothing. */
const NEEDED = ["HOOK_TOKEN", "API_TOKEN"];

/** The first of a list. */
export const first = (list = "") => list.split(",")[0].trim();

/** Reads them; the first time the file is made of the example. */
export function readVars(path = inRoot(".dev.vars")) {
  if (!existsSync(path)) copyFileSync(EXAMPLE, path, constants.COPYFILE_EXCL);
  const vars = read(path);
  const missing = NEEDED.filter((name) => !first(vars[name]));
  if (missing.length === 0) return vars;
  const examples = missing.map((name) => `  ${name}=${read(EXAMPLE)[name]}`);
  throw new Failure(`.dev.vars sets no ${missing.join(" and no ")}. Write into it, as .dev.vars.example does:\n${examples.join("\n")}`);
}

const read = (path) => util.parseEnv(readFileSync(path, "utf8"));
