// The process that makes the load, so that its cost does not fall on the harness.
import { archive, archiveInline, download } from "./archive.mjs";
import { load } from "./load.mjs";

const TASKS = { load, archive, archiveInline, download };

process.on("disconnect", () => process.exit());
process.on("message", async ({ n, task, given }) => {
  try {
    process.send({ n, result: await TASKS[task](given) });
  } catch (error) {
    process.send({ n, error: [error.stack, error.cause?.stack].join("\n") });
  }
});
