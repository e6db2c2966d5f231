// `npm run types -- <arguments of wrangler types>`: writes what the Worker finds in its environment as TypeScript types.
// The secrets are those of .dev.vars.example, so that the result does not depend on this machine's .dev.vars.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { show, wranglerScript } from "../deploy/wrangler.mjs";
import { inRoot } from "../setup/project.mjs";
import { main } from "../setup/run.mjs";
import { setup } from "../setup.mjs";

const FILE = "build/worker-configuration.d.ts";

await main(async () => {
  await setup();
  mkdirSync(dirname(inRoot(FILE)), { recursive: true });
  const args = ["types", FILE, "--env-file", ".dev.vars.example", ...process.argv.slice(2)];
  process.exitCode = await show({ wrangler: wranglerScript(), env: process.env }, args);
});
