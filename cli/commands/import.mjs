// `hookvault import`: reports jobs to hookvault that no webhook has named.
import { open } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { plain } from "../../tools/setup/terminal.mjs";
import { NOT_DONE, WrongUse } from "../errors.mjs";
import { interruption } from "../interrupt.mjs";
import { printJson, withJson } from "../print.mjs";
import { progress } from "../progress.mjs";
import { connect, connected } from "../settings.mjs";
import { importLines } from "../transfer/import.mjs";

const MORE = `
A line is a job: {"id":"437852","app":"wan22-fast-t2v"}. It may also have "ref", "tags" and "keep" (days), or be the
queue's answer to a submission, or a line of \`hookvault export\`. hookvault then asks the queue for each result.
Importing the same file again is harmless.`;

export function define(program) {
  const command = program.command("import <file>").description("import jobs from a file of JSON lines; - is the standard input");
  withJson(connected(command)).addHelpText("after", MORE).action(load);
}

async function load(path, options) {
  const { http } = connect(options);
  const signal = interruption();
  const source = addAbortSignal(signal, await opened(path));
  const counts = { lines: 0, imported: 0, known: 0, refused: 0 };
  const onRefused = ({ line, id, reason }) => {
    if (options.json) printJson({ line, id, reason });
    else console.error(plain(`${path}, ${line === undefined ? `job ${id}` : `line ${line}`}: ${reason}`));
  };
  const words = ({ imported, known, refused } = counts) => `${imported} imported, ${known} known already, ${refused} refused`;
  const shown = progress(words);
  try {
    await importLines(http, source, { counts, onRefused, signal });
  } catch (error) {
    console.error(`So far: ${words()}, up to line ${counts.lines}. To go on, import the file again.`);
    throw unreadable(error, path);
  } finally {
    shown.stop();
  }
  const { imported, known, refused } = counts;
  if (options.json) printJson({ imported, known, refused });
  else console.log(words());
  if (refused > 0) process.exitCode = NOT_DONE;
}

async function opened(path) {
  if (path === "-") return process.stdin;
  try {
    return (await open(path)).createReadStream();
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** Returns the error of a file that can't be read as a wrong argument, and any other one as it is. */
const unreadable = (error, path) => (error.syscall === undefined || error.cause ? error : new WrongUse(`${path} can't be read: ${error.message}`));
