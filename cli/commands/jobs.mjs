// `hookvault jobs`: the list of jobs, the newest first.
import { filtered, filterOf } from "../filters.mjs";
import { interruption } from "../interrupt.mjs";
import { named, printJson, printRows, time, withJson } from "../print.mjs";
import { connect, connected } from "../settings.mjs";
import { WrongUse } from "../errors.mjs";

const USUAL = 50;
/** The most that hookvault sends at once. */
const PAGE = 200;

export function define(program) {
  const command = program.command("jobs").description("list jobs, the newest first")
    .option("--limit <count>", `how many at most; "all" for all of them`, String(USUAL));
  withJson(filtered(connected(command))).action(jobs);
}

async function jobs(options) {
  const { vault } = connect(options);
  const most = limitOf(options.limit);
  const rows = [];
  let found = 0;
  for await (const job of vault.jobs({ ...filterOf(options), limit: Math.min(most, PAGE), signal: interruption() })) {
    if (options.json) printJson(job);
    else rows.push(row(job));
    if ((found += 1) >= most) break;
  }
  if (rows.length > 0) printRows([["ID", "STATUS", "FILES", "CREATED", "APP"], ...rows]);
  if (found === 0) console.error("No job is found.");
}

const row = (job) => [named(job), job.status, job.archive, time(job.createdAt), job.app];

function limitOf(text) {
  if (text === "all") return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new WrongUse(`--limit is "${text}": a whole number from 1 on, or "all".`);
  return Number(text);
}
