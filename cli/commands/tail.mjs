// `hookvault tail`: the live feed, a line a change.
import { WrongUse } from "../errors.mjs";
import { interruption } from "../interrupt.mjs";
import { named, padded, printJson, printRows, size, time, withJson } from "../print.mjs";
import { connect, connected, originOf } from "../settings.mjs";

/** The widths of the columns: lines come one by one, so none can be measured. */
const [ID, STATUS, ARCHIVE] = [12, 9, 7];
/** A row of the feed has so many files at most. */
const MOST_FILES = 4;

const MORE = `
It goes on until Ctrl-C, over broken connections too, and then ends with 130.
With --json, each line is a change as docs/client.md describes it; give the last "seq" to --after next time.`;

export function define(program) {
  const command = program.command("tail [url]").description("follow the changes of all jobs")
    .option("--after <seq>", `begin after this change; "" begins with all jobs`);
  withJson(connected(command)).addHelpText("after", MORE).action(tail);
}

async function tail(given, options) {
  const { url, vault } = connect({ ...options, url: given === undefined ? options.url : theOne(given, options.url) });
  let isBroken = false;
  const onBreak = () => {
    isBroken = true;
    console.error("The connection has broken; connecting again …");
  };
  let isFollowing = false;
  for await (const change of vault.live({ after: options.after, onBreak, signal: interruption() })) {
    if (options.json) printJson(change);
    else printRows(rowsOf(change));
    if (change.type === "reset") console.error("Changes were missed: all jobs follow.");
    if (change.type === "current" && (isBroken || !isFollowing)) console.error(isBroken ? "Connected again." : `Following ${url} …`);
    if (change.type === "current") [isBroken, isFollowing] = [false, true];
  }
}

function theOne(given, flag) {
  if (flag !== undefined && originOf(flag) !== originOf(given)) throw new WrongUse(`Which vault? The argument is ${given}, and --url is ${flag}.`);
  return given;
}

/** Tells whether a job has no id of the queue yet: it follows a moment later, under its id. */
const isUnborn = ({ job }) => job?.status === "queued" && /^ref:gw-/.test(job.id);

/** Returns the row of a change that people can use. */
const rowsOf = (change) => (isUnborn(change) || !ROWS[change.type] ? [] : [ROWS[change.type](change)]);

const ROWS = {
  job: ({ job }) => [time(job.updatedAt), padded(named(job), ID), padded(job.status, STATUS), padded(job.archive, ARCHIVE), files(job.files ?? []), job.app],
  deleted: ({ id }) => [time(Date.now()), padded(id, ID), "deleted"],
};

function files(all) {
  const bytes = all.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const number = all.length < MOST_FILES ? String(all.length) : `${MOST_FILES}+`;
  return `${number} file${number === "1" ? "" : "s"}${bytes > 0 ? `, ${size(bytes)}` : ""}`;
}
