// docs/benchmarks.md: the figures, and what is needed to read them.
import { countsTable } from "./counts.mjs";
import { MISSED } from "./missed.mjs";
import { table } from "./table.mjs";

const MiB = 1024 * 1024;

/** @returns {string} the whole document */
export function benchmarks({ counts, figures, warnings, seconds, sizes, machine }) {
  const facts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`).join("\n");
  const notes = warnings.map((warning) => `- ${warning}`).join("\n");
  return `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, in ${seconds} s. Do not edit it: run the command.

## Rows, calls and dollars

Counted, and exact: they are the same on any machine, and \`.ci/run\` fails when one changes. [docs/cost.md](cost.md) has what is counted, and the prices.

${countsTable(counts)}

## Ratios

${table(figures)}
${notes && `\nWhat disturbed this run:\n\n${notes}\n`}
## How to read it

Four Workers run in the same build of workerd, each in a process of its own, with the same date, flags and bindings, and
storage in memory (tmpfs). **hookvault** is the Worker as it is deployed. The [twins](../bench/twins/README.md) are the same contract in TypeScript, with
the same durability: the **conventional** one as a developer would write it, which is frozen, and one of the **same design** as hookvault, call by
call and write by write; \`tests/runtime/contract\` holds all to it. The **floor** (\`bench/floor\`) keeps no contract: of each row it does the one operation that
cannot be left out.

Absolute figures are this machine's, and workerd's on it, not Cloudflare's. What counts are the ratios. The sides take turns,
A B C D A B C D …, after some to warm up, and one alone is under load. There are as many turns as the time allows. Each cell is the median
(least–most); a ratio is the median of the turns' ratios, so it can differ from that of the two medians. Peak memory is compared by
difference, in MiB, not by ratio.

- **ingest**: ${sizes.jobs} deliveries a turn by 16 connections, each a job of its own: \`acquired\` bodies as pipelet sends them. Then one with a
  newer lease to each of these jobs, while their objects are in memory, and then that same body again. The next step begins when the
  Worker is at rest; *CPU* is the time of workerd's whole process until then, alarms included, over the deliveries. ${sizes.warmUps} such
  turns come first and do not count, but for *the first of a process*: until V8 has compiled what is hot, wasm takes more of the processor
  than JavaScript does, which has less to compile.
- **look-up**: ${sizes.lookUps} a turn over ${sizes.known} jobs. A finished job's record comes from KV, an unfinished one's from its object.
  ${sizes.warmUps} turns come first here too.
- **archive**: from the delivery until the record says \`stored\`; the floor's from the request until its answer. The source is a process of its own
  that sends noise. Large files: each turn in a new process that has stored one of 1 MiB. *Peak memory* is the most that it
  then held, less what it held just before.
- **module**: the wasm by itself, packed by \`gzip -9\`. **bundle**: all modules that are uploaded, each packed so. The dashboard's files are no part of the Worker.
- **start-up**: a new process until its first answer, less the median of an empty Worker's, which takes turns with them: the modules' compilation,
  which workerd does before it listens, is a part of it. ${sizes.starts} starts, files in the page cache. Here a ratio is that of the medians.
- **wasm memory**: ${sizes.memory.many} deliveries, nine of ten of them duplicates, made by a loop beside the Worker; each thousand begins when that
  before is worked off. It never shrinks: a peak stays, of which each object at work at the same time takes some KiB, and a leak is what
  grows although no more objects were at work at once than before. It grows by 64 KiB at a time.

The dashboard's static files are left out on all sides: the platform serves them before the Worker, and its local stand-in is a Worker
in JavaScript that every request would pass.

${MISSED}
## Measured on

| what | |
|---|---|
${facts}
`;
}
