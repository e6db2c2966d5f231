// Runs `wrangler deploy`, and what belongs to it: what `npm run deploy` and the package's `deploy` have in common.
import { askSecret, colours, isInteractive } from "../setup/terminal.mjs";
import { deploy } from "./deploy.mjs";
import { show, wranglerScript } from "./wrangler.mjs";

const ALONE = ["--dry-run", "--help", "-h"];

/**
 * @param {string[]} args for `wrangler deploy`; with `--dry-run` or `--help` it runs alone
 * @param {{ cwd?: string, env?: object }} [options] `cwd` is the folder to deploy
 * @returns {Promise<number>} the exit code
 */
export async function runDeploy(args, { cwd, env = process.env } = {}) {
  const wrangler = env.HOOKVAULT_WRANGLER ?? wranglerScript();
  if (args.some((argument) => ALONE.includes(argument))) return show({ wrangler, env, cwd }, ["deploy", ...args]);
  const ask = isInteractive(env) ? askSecret : undefined;
  return deploy({ args, wrangler, env, cwd, ask, say: (text) => console.log(text), paint: colours() });
}
