// `hookvault jobs`: the list of jobs, the newest first.
import { filtered, filterOf } from "../filters.mjs";
import { printJson, printRows, withJson } from "../print.mjs";
import { connect, connected } from "../settings.mjs";
import { WrongUse } from "../errors.mjs";

const USUAL = 50;

export function define(program) {
  const command = program.command("jobs").description("list jobs, the newest first")
    .option("--limit <count>", `how many at most; "all" for all of them`, String(USUAL));
  withJson(filtered(connected(command))).action(jobs);
}

async function jobs(options) {
  const { vault } = connect(options);
  const most = limitOf(options.limit);
  const found = [];
  for await (const job of vault.jobs(filterOf(options))) {
    if (options.json) printJson(job);
    found.push(job);
    if (found.length >= most) break;
  }
  if (!options.json) printRows([["ID", "STATUS", "FILES", "CREATED", "APP"], ...found.map(row)]);
}

const row = ({ id, ref, status, archive, createdAt, app }) =>
  [ref ? `${id} (${ref})` : id, status, archive, new Date(createdAt).toISOString().slice(0, 19), app];

function limitOf(text) {
  if (text === "all") return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new WrongUse(`--limit is "${text}": a whole number from 1 on, or "all".`);
  return Number(text);
}
