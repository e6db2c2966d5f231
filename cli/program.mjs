// The program: its commands, its help and its exit codes.
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { inRoot } from "../tools/setup/project.mjs";
import { codeOf, explained } from "./errors.mjs";

/** The files in `commands/`, in the order of the help. Each has `define(program)`. */
const COMMANDS = ["start", "demo", "submit", "job", "jobs", "tail", "download", "export", "import", "deploy", "doctor", "login"];

const CODES = `
Exit codes: 0 done; 1 not done; 2 wrong arguments or settings; 130 interrupted.
Every command has its own help: hookvault COMMAND --help`;

/** Runs a command line, and sets the exit code. @param {string[]} args */
export async function run(args) {
  // Who reads the output may have enough, as `head` does.
  process.stdout.on("error", (error) => (error.code === "EPIPE" ? process.exit(0) : console.error(error.message)));
  try {
    await (await program()).parseAsync(args, { from: "user" });
  } catch (error) {
    // The parser has printed its own messages already.
    if (!(error instanceof CommanderError)) console.error(explained(error));
    process.exitCode = codeOf(error);
  }
}

async function program() {
  const { version, description } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
  const all = new Command("hookvault").description(description).version(version).addHelpText("after", CODES)
    .showHelpAfterError("(--help shows what is possible)").exitOverride();
  for (const name of COMMANDS) (await import(`./commands/${name}.mjs`)).define(all);
  return all;
}
