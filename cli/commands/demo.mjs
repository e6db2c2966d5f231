// `hookvault demo`: shows that a job's file outlives the queue's URL of it.
import { INTERRUPTED } from "../errors.mjs";
import { builtWorker } from "../local.mjs";

export function define(program) {
  program.command("demo").description("play one job on this machine, until the queue's URL of its file has expired")
    .addHelpText("after", "\nIt uses free ports and a temporary folder, and leaves nothing behind. It takes about 15 seconds.")
    .action(play);
}

async function play() {
  const worker = builtWorker();
  const { demo } = await import("../../tools/demo/play.mjs");
  if (await demo(worker)) process.exit(INTERRUPTED);
}
