// `npm run deploy -- <arguments of wrangler deploy>`; wrangler calls tools/build.mjs by itself.
import { NODE, toolEnv } from "./setup/project.mjs";
import { main, show } from "./setup/run.mjs";
import { setup } from "./setup.mjs";
import { WRANGLER } from "./wrangler.mjs";

await main(async () => {
  await setup();
  const args = [WRANGLER, "deploy", ...process.argv.slice(2)];
  process.exitCode = await show(NODE, args, { env: toolEnv() });
});
