// `npm run deploy -- <arguments of wrangler deploy>`: deploys the Worker, sets its secrets, and checks that it works.
// wrangler builds with tools/build.mjs before it uploads anything; with --dry-run it only builds.
import { runDeploy } from "./deploy/run.mjs";
import { main } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup();
  process.exitCode = await runDeploy(process.argv.slice(2));
});
