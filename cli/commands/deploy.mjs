// `hookvault deploy`: deploys the package's Worker from the current folder, sets its secrets, and checks that it works.
import { builtWorker, ownFolder } from "../local.mjs";

const MORE = `
The first time it writes wrangler.toml into the current folder; later ones leave that file as it is. All other
arguments go to \`wrangler deploy\`: --dry-run uploads nothing.
Exit codes: 0 done; 1 not done; 2 the doctor found a failure.`;

/** The flags by which the user names a configuration for wrangler. */
const NAMED = /^(--config|-c|--cwd)(=|$)/;

export function define(program) {
  program.command("deploy").description("deploy to Cloudflare from this folder, set the tokens, and check that it works")
    .argument("[arguments...]", "for `wrangler deploy`")
    .allowUnknownOption().addHelpText("after", MORE)
    .action((_, options, command) => deploy(command.args));
}

async function deploy(args) {
  builtWorker();
  const cwd = process.cwd();
  const { copyWorker, hasOurs, writeConfiguration } = await import("../../tools/deploy/folder.mjs");
  const isThere = args.some((argument) => NAMED.test(argument)) || hasOurs(cwd);
  ownFolder(cwd);
  copyWorker(cwd);
  if (!isThere) {
    writeConfiguration(cwd);
    console.error("Wrote wrangler.toml. It is yours to edit: no later command changes it.");
  }
  const { runDeploy } = await import("../../tools/deploy/run.mjs");
  process.exitCode = await runDeploy(args, { cwd });
}
