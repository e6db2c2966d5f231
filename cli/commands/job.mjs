// `hookvault job`: a job's record or its timeline.
import { plain } from "../../tools/setup/terminal.mjs";
import { WrongUse } from "../errors.mjs";
import { interruption } from "../interrupt.mjs";
import { padded, printJsonText, printRows, time, withJson } from "../print.mjs";
import { connect, connected } from "../settings.mjs";
import { print, waitAndPrint, waited } from "../waiting.mjs";

/** The widths of the columns of a timeline that goes on. */
const [N, TYPE, OUTCOME] = [4, 10, 10];

export function define(program) {
  const command = program.command("job <id>").description("show a job: its id, or ref: and your reference")
    .option("--events", "show the timeline instead; with --wait until the job has ended");
  withJson(connected(waited(command))).action(job);
}

async function job(id, options) {
  if (id === "" || id === "ref:") throw new WrongUse("Which job? Give its id, or ref: and your reference.");
  const { vault } = connect(options);
  const signal = interruption();
  if (options.events) return events(vault, id, options, signal);
  if (options.wait) return waitAndPrint(vault, id, options, { signal });
  print(await vault.job(id, { as: "text", isFresh: true, signal }), options);
}

async function events(vault, id, { json, wait }, signal) {
  const until = wait ? "settled" : "now";
  for await (const text of vault.events(id, { as: "text", until, signal })) {
    if (json) printJsonText(text);
    else printRows([row(JSON.parse(text))]);
  }
}

const row = ({ n, receivedAt, eventType, outcome, detail }) =>
  [plain(n).padStart(N), time(receivedAt), padded(eventType, TYPE), padded(outcome, OUTCOME), detail ?? ""];
