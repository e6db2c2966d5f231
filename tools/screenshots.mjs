// `npm run screenshots`: the pictures of the dashboard in docs/, of a vault that is filled for them.
// Needs Debian's chromium and ffmpeg.
import { build } from "./build.mjs";
import { main } from "./setup/run.mjs";

await main(async () => {
  await build();
  const { takeScreenshots } = await import("./screenshots/take.mjs");
  await takeScreenshots();
});
