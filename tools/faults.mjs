// `npm run faults`: plays faults against the built Worker, and prints what was lost.
import { build } from "./build.mjs";
import { inRoot, NODE, toolEnv } from "./setup/project.mjs";
import { main, show } from "./setup/run.mjs";

await main(async () => {
  await build({ s3: true });
  const program = ["--no-warnings", inRoot("tools", "faults", "main.mjs")];
  process.exitCode = await show(NODE, [...program, ...process.argv.slice(2)], { env: toolEnv() });
});
