// `npm run bench`: measures hookvault, its twins and the floor in the same workerd build. It builds, measures, prints a
// table, and writes docs/benchmarks.md if everything was measured.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { benchmarks } from "./bench/report/document.mjs";
import { machine, storage } from "./bench/report/machine.mjs";
import { busySeconds, cpuSeconds } from "./bench/process.mjs";
import { differences, isCounted } from "./bench/counts.mjs";
import { countsTable } from "./bench/report/counts.mjs";
import { chosen, run } from "./bench/run.mjs";
import { SIDES } from "./bench/sides.mjs";
import { exactly, FULL, QUICK } from "./bench/sizes.mjs";
import { table } from "./bench/report/table.mjs";
import { build } from "./build.mjs";
import { inRoot } from "./setup/project.mjs";
import { Failure, main } from "./setup/run.mjs";

const USAGE = `npm run bench -- [options]
  --quick       a minute: fewer turns, smaller files; fails if a figure is far off its goal
                (rows and calls are counted always, and fail if one is not as it should be)
  --turns N     exactly so many, of large files half; else as many as ten minutes allow
  --only TEXT   only rows whose name holds it; "counts" for rows and calls alone
  --sides A,B   only these of ${SIDES.join(", ")}
  --help`;
const OPTIONS = {
  quick: { type: "boolean", default: false },
  turns: { type: "string" },
  only: { type: "string", default: "" },
  sides: { type: "string", default: SIDES.join() },
  help: { type: "boolean", default: false },
};
const MAX_OTHER_SHARE = 0.05;
const STORAGE_BYTES = 4 * 1024 ** 3;

await main(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  const sizes = sized(values.quick ? QUICK : FULL, values.turns);
  const groups = chosen(values.only, sizes);
  if (groups.length === 0 && !isCounted(values.only)) throw new Failure(`No row's name holds "${values.only}".`);
  const sides = sidesOf(values.sides);
  await build();
  const { path, isTmpfs } = storage(STORAGE_BYTES);
  const slow = isTmpfs ? [] : [`STORAGE IS ON A DISK (${path}), not on tmpfs: its fsync is what is measured.`];
  const others = otherLoad();
  const options = { sizes, groups, sides, storage: path, isCounted: isCounted(values.only), tell: console.log };
  const { counts, figures, warnings } = await run(options);
  const { seconds, notes } = others();
  const told = { counts, figures, warnings: [...slow, ...notes, ...warnings], seconds };
  report(told);
  const isWhole = !values.quick && values.only === "" && sides.length === SIDES.length;
  if (isWhole) writeFileSync(inRoot("docs", "benchmarks.md"), benchmarks({ ...told, sizes, machine: machine() }));
  if (values.quick) mustBeNear(figures);
  if (counts?.hookvault) mustBeExact(counts.hookvault);
});

function sized(sizes, text) {
  if (text === undefined) return sizes;
  const turns = Number(text);
  if (!Number.isInteger(turns) || turns < 1) throw new Failure(`--turns is "${text}"; it must be a whole number from 1.`);
  return { ...sizes, turns: exactly(turns), large: { ...sizes.large, turns: exactly(Math.ceil(turns / 2)) } };
}

/** Measures the CPU time of other processes meanwhile: figures from a busy machine are worth little. */
function otherLoad() {
  const now = () => ({ at: Date.now(), all: busySeconds(), own: cpuSeconds(process.pid) });
  const before = now();
  return () => {
    const after = now();
    const seconds = Math.round((after.at - before.at) / 1_000);
    const share = (after.all - before.all - (after.own - before.own)) / seconds / cpus().length;
    const text = `other processes took ${(share * 100).toFixed(0)} % of the processors' time`;
    return { seconds, notes: share > MAX_OTHER_SHARE ? [`THE MACHINE WAS NOT IDLE: ${text}.`] : [] };
  };
}

function sidesOf(text) {
  const names = text.split(",");
  const unknown = names.filter((name) => !SIDES.includes(name));
  if (unknown.length > 0) throw new Failure(`No side is called "${unknown}".`);
  return SIDES.filter((name) => names.includes(name));
}

function report({ counts, figures, warnings, seconds }) {
  if (counts) console.log(`\n${countsTable(counts)}`);
  if (figures.length > 0) console.log(`\n${table(figures)}\n`);
  for (const warning of warnings) console.log(`! ${warning}`);
  const judged = figures.filter(({ isMet }) => isMet !== undefined);
  console.log(`${judged.filter(({ isMet }) => isMet).length} of ${judged.length} goals met, in ${seconds} s`);
}

/** Throws only for figures that are far off their goals, because short turns are noisy. */
function mustBeNear(figures) {
  const far = figures.filter(({ isFar }) => isFar).map(({ metric }) => `  ${metric.row}: ${metric.what}`);
  if (far.length > 0) throw new Failure(`Far off the goal:\n${far.join("\n")}`);
}

/** Throws for any wrong count: counts are exact, and must equal `tools/cost/counted.json`. */
function mustBeExact(steps) {
  const wrong = differences(steps).map((line) => `  ${line}`);
  if (wrong.length > 0) throw new Failure(`Counted otherwise than in tools/cost/counted.json:\n${wrong.join("\n")}`);
}
