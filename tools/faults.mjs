// `npm run faults`: plays faults against the built Worker and prints what was lost.
import { build } from "./build.mjs";
import { inRoot, NODE, toolEnv } from "./setup/project.mjs";
import { main, show } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup({ s3: true });
  await build();
  const program = ["--no-warnings", inRoot("tools", "faults", "main.mjs")];
  process.exitCode = await show(NODE, [...program, ...process.argv.slice(2)], { env: toolEnv() });
});
