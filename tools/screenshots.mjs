// `npm run screenshots`: takes the pictures in docs/: of the dashboard, from a vault that is filled for them, and of
// the README's first commands. It needs Debian's chromium and ffmpeg.
import { build } from "./build.mjs";
import { main } from "./setup/run.mjs";

await main(async () => {
  await build();
  const { takeScreenshots } = await import("./screenshots/take.mjs");
  await takeScreenshots();
});
