// `--sabotage`: removes the Worker's guards, one after the other, and checks that their rows turn red. A table that
// cannot fail proves nothing.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { spawn } from "node:child_process";
import { inRoot, NODE, ROOT, toolEnv } from "../setup/project.mjs";
import { collect, exitOf, Failure } from "../setup/run.mjs";
import { edited, mutants } from "./mutants.mjs";
import { MIN_STRUCK } from "./play.mjs";

const JOBS = 20;
/** The seconds that a row gets. A row that is red for a missing guard never comes to rest, so it takes all of them. */
const LIMIT_S = 30;
const LINKED = ["node_modules", ".tools"];
const LEFT_OUT = [...LINKED, "target", "build", "dist", ".git", ".local", ".wrangler"];

/** @param {(all: object[]) => object[]} choose selects guards */
export async function sabotage(choose) {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-sabotage-"));
  try {
    copyTree(dir);
    const guards = choose(mutants);
    await checkControl(dir, guards);
    let unseen = 0;
    for (const guard of guards) if (!await isSeen(dir, guard)) unseen += 1;
    if (unseen > 0) throw new Failure(`${unseen} of ${guards.length} guards could go unseen.`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function copyTree(dir) {
  const filter = (path) => !LEFT_OUT.includes(relative(ROOT, path));
  cpSync(ROOT, dir, { recursive: true, filter });
  for (const name of LINKED) symlinkSync(inRoot(name), join(dir, name));
}

/** Checks that, with all guards in place, every row that will be played is green. */
async function checkControl(dir, guards) {
  const rows = [...new Set(guards.flatMap((guard) => guard.rows))];
  await build(dir);
  for (const { name, isRed, notes } of await play(dir, rows)) {
    if (isRed) throw new Failure(`"${name}" is red with all guards in place:\n${notes.join("\n")}`);
  }
  console.log(`✓ all guards in place: ${rows.length} rows are green`);
}

/** Tells whether each row of the guard turns red in one of the columns that the guard names. */
async function isSeen(dir, { name, edits, rows, red, limitS }) {
  const originals = edits.map(({ file }) => [file, readFileSync(join(dir, file), "utf8")]);
  try {
    for (const edit of edits) writeFileSync(join(dir, edit.file), edited(dir, edit));
    await build(dir);
    const played = await play(dir, rows, limitS);
    const seen = played.every((row) => red.some((column) => isRedIn(row, column)));
    console.log(`${seen ? "✓" : "✗"} without the ${name}: ${played.map(redness).join("; ")}`);
    return seen;
  } finally {
    for (const [file, text] of originals) writeFileSync(join(dir, file), text);
  }
}

const isRedIn = ({ counts, struck }, column) =>
  (column === "struck" ? struck < JOBS * MIN_STRUCK : counts[column] > 0);

const redness = ({ name, counts, struck }) => {
  const losses = Object.entries(counts).filter(([, count]) => count > 0);
  const said = losses.map(([column, count]) => `${column} ${count}`).join(", ") || "no loss";
  return `"${name}" has ${said}${struck < JOBS * MIN_STRUCK ? `, only ${struck} struck` : ""}`;
};

/** Builds the copy. The compiled dependencies are kept from one guard to the next. */
async function build(dir) {
  const env = toolEnv({ CARGO_TARGET_DIR: inRoot("target", "sabotage") });
  await output(dir, env, ["tools/build.mjs"]);
}

async function play(dir, rows, limitS = LIMIT_S) {
  const args = ["--rows", rows.join(","), "--jobs", `${JOBS}`, "--limit", `${limitS}`, "--json"];
  const lines = await output(dir, toolEnv(), ["--no-warnings", "tools/faults/main.mjs", ...args],
    { mayFail: true });
  const played = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  if (played.length === rows.length) return played;
  throw new Failure(`Played ${played.length} of ${rows.length} rows:\n${lines.join("\n")}`);
}

async function output(dir, env, args, { mayFail = false } = {}) {
  const child = spawn(NODE, args, { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] });
  const log = collect(child);
  const code = await exitOf(child);
  if (code === 0 || mayFail) return log.join("").split("\n");
  throw new Failure(`${log.join("")}\nnode ${args.join(" ")} ended with ${code}`);
}
