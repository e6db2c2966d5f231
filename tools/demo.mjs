// `npm run demo`: builds the Worker, and plays the demonstration.
import { build } from "./build.mjs";
import { demo } from "./demo/play.mjs";
import { main } from "./setup/run.mjs";

await main(async () => {
  const signal = await demo(await build({ quick: true }));
  if (signal) process.exit(1);
});
