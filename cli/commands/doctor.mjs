// `hookvault doctor`: finds what is wrong with a vault, and names the command that repairs it.
import { exitCode } from "../../tools/doctor/check.mjs";
import { examine } from "../../tools/doctor/examine.mjs";
import { diagnose } from "../../tools/doctor/run.mjs";
import { colours } from "../../tools/setup/terminal.mjs";
import { printJson, withJson } from "../print.mjs";
import { connected, settings } from "../settings.mjs";
import { WrongUse } from "../errors.mjs";

const CODES = `
Exit codes: 0 all is well; 1 there are only warnings; 2 something failed, or the arguments are wrong.
It sends a test delivery if the token may do that: API_TOKEN, not READ_TOKEN.`;

export function define(program) {
  const command = program.command("doctor").argument("[url]", "the vault's URL; else as --url")
    .description("find what is wrong with a vault, and the command that repairs it");
  withJson(connected(command)).addHelpText("after", CODES).action(doctor);
}

async function doctor(given, options) {
  if (given && options.url) throw new WrongUse("The URL is given twice: as an argument and as --url. Leave one out.");
  const { url, token } = settings({ ...options, url: given ?? options.url });
  const vault = new URL(url);
  if (!options.json) return void (process.exitCode = await diagnose({ url: vault, token, paint: colours() }));
  process.exitCode = exitCode(await examine({ url: vault, token, say: printJson }));
}
