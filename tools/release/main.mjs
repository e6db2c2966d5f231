// `npm run release`: builds the Worker, and makes `dist/release`, a folder that deploys without Rust.
import { build } from "../build.mjs";
import { main } from "../setup/run.mjs";
import { FOLDER, makeFolder } from "./folder.mjs";

await main(async () => {
  await build();
  makeFolder(FOLDER);
  console.log(`${FOLDER}: a built hookvault. Deploy it there: npm ci && npx wrangler deploy`);
});
