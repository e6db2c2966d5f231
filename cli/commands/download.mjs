// `hookvault download`: stores the files of jobs in a folder, and goes on where an earlier run was interrupted.
import { progressOf } from "../download/bar.mjs";
import { download as run } from "../download/run.mjs";
import { NOT_DONE, WrongUse } from "../errors.mjs";
import { filtered, filterOf } from "../filters.mjs";
import { interruption } from "../interrupt.mjs";
import { printJson, withJson } from "../print.mjs";
import { progress } from "../progress.mjs";
import { connect, connected } from "../settings.mjs";

const FOLDER = "hookvault-files";
const MOST_PARALLEL = 32;
const MOST_RETRIES = 100;

const HELP = `
Each file becomes FOLDER/JOB/N-NAME. Run the same command again after an interruption: it fetches only what is missing.
Without an ID the filters choose the jobs, and without a filter all jobs are taken.`;

export function define(program) {
  const command = program.command("download").description("store the files of jobs in a folder; goes on where it was interrupted")
    .argument("[ID...]", `jobs: an id, or "ref:" and a reference`)
    .option("--to <folder>", "where to; it is made if it does not exist", FOLDER)
    .option("--parallel <count>", `how many files at a time, 1 to ${MOST_PARALLEL}`, "4")
    .option("--retries <count>", "how often in a row a broken connection or a busy vault is tried again", "5")
    .option("--quick", "take a file with the right size for complete, without reading it")
    .addHelpText("after", HELP);
  withJson(filtered(connected(command))).action(download);
}

async function download(ids, options) {
  const filter = filterOf(options);
  if (ids.length > 0 && Object.keys(filter).length > 0) throw new WrongUse("Give IDs or filters, not both.");
  const wanted = { ids, filter, to: options.to, isQuick: Boolean(options.quick),
    parallel: number("--parallel", options.parallel, 1, MOST_PARALLEL), retries: number("--retries", options.retries, 0, MOST_RETRIES) };
  const vault = connect(options);
  let shown;
  try {
    const { tally, folder, error } = await run(vault, wanted, { signal: interruption(),
      onBegin: (begun) => (shown = progress(progressOf(begun))),
      onFile: (report) => options.json && printBeside(report) });
    shown.stop();
    report(tally, folder, options);
    if (error?.name === "AbortError") console.error("Run the same command again: it goes on where it stopped.");
    if (error) throw error;
  } finally {
    shown?.stop();
  }
}

/** Prints a line where the terminal may show the bar. */
function printBeside(value) {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  printJson(value);
}

function report(tally, { path }, { json }) {
  for (const line of tally.summary(path)) (json ? console.error : console.log)(line);
  if (tally.failures.length === 0) return;
  for (const line of tally.failed()) console.error(line);
  process.exitCode = NOT_DONE;
}

function number(flag, text, least, most) {
  if (/^\d{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new WrongUse(`${flag} is "${text}": a whole number from ${least} to ${most}.`);
}
