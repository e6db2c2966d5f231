// `npm run deploy -- <arguments of wrangler deploy>`: deploys the Worker, sets its secrets, and checks that it works.
// wrangler builds with tools/build.mjs before it uploads anything; with --dry-run it only builds.
import { deploy } from "./deploy/deploy.mjs";
import { show, WRANGLER } from "./deploy/wrangler.mjs";
import { main } from "./setup/run.mjs";
import { setup } from "./setup.mjs";
import { askSecret, colours, isInteractive } from "./setup/terminal.mjs";

const ALONE = ["--dry-run", "--help", "-h"];

await main(async () => {
  const { env } = process;
  const args = process.argv.slice(2);
  const wrangler = env.HOOKVAULT_WRANGLER ?? WRANGLER;
  await setup();
  if (args.some((argument) => ALONE.includes(argument))) {
    process.exitCode = await show({ wrangler, env }, ["deploy", ...args]);
    return;
  }
  const ask = isInteractive(env) ? askSecret : undefined;
  const say = (text) => console.log(text);
  process.exitCode = await deploy({ args, wrangler, env, ask, say, paint: colours() });
});
