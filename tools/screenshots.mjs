// `npm run screenshots`: takes the pictures of the dashboard in docs/, from a vault that is filled for them. It needs
// Debian's chromium and ffmpeg.
import { build } from "./build.mjs";
import { main } from "./setup/run.mjs";

await main(async () => {
  await build();
  const { takeScreenshots } = await import("./screenshots/take.mjs");
  await takeScreenshots();
});
