// `npm run upgrade`: plays a former release beside the one that was built last.
import { build } from "./build.mjs";
import { inRoot, NODE, toolEnv } from "./setup/project.mjs";
import { main, show } from "./setup/run.mjs";

await main(async () => {
  await build();
  const program = ["--no-warnings", inRoot("tools", "upgrade", "main.mjs")];
  process.exitCode = await show(NODE, [...program, ...process.argv.slice(2)], { env: toolEnv() });
});
