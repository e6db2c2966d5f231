// Writes docs/benchmarks.md: the figures, and how to read them.
import { countsTable } from "./counts.mjs";
import { MISSED } from "./missed.mjs";
import { table } from "./table.mjs";

const MiB = 1024 * 1024;

/** @returns {string} the whole document */
export function benchmarks({ counts, figures, warnings, seconds, sizes, machine }) {
  const facts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`).join("\n");
  const notes = warnings.map((warning) => `- ${warning}`).join("\n");
  return `# Benchmarks

For engineers who ask how fast hookvault is beside the same Worker in TypeScript. \`npm run bench\` wrote this page on ${new Date().toISOString().slice(0, 10)}, in ${seconds} s. Do not
edit it: run the command. [performance.md](performance.md) has what was tried.

## Rows, calls and dollars

These are counted and exact. They are the same on any machine, and \`.ci/run\` fails when one changes. The page on [costs](cost.md) says what is counted, and has the prices.

${countsTable(counts)}

## Ratios

${table(figures)}
${notes && `\nWhat disturbed this run:\n\n${notes}\n`}
## How to read it

Four Workers run in the same build of workerd, each in a process of its own. They have the same date, flags and bindings, and storage in memory (tmpfs).

- **hookvault** is the Worker as it is deployed.
- The **conventional** [twin](../bench/twins/README.md) is the same contract with the same durability in TypeScript, as a developer would write it. It is frozen.
- The twin of the **same design** follows hookvault call by call and write by write. \`tests/runtime/contract\` holds all three to the contract.
- The **floor** (\`bench/floor\`) keeps no contract: of each row it does the one operation that cannot be left out.

Absolute figures are those of this machine and of workerd on it, not Cloudflare's. The ratios count. The sides take turns, A B C D A B C D …, after some turns to warm up, and one
side alone is under load. There are as many turns as the time allows.

Each cell is the median (least–most). A ratio is the median of the turns' ratios, so it can differ from the ratio of the two medians. Peak memory is compared by
difference, in MiB.

- **ingest**: ${sizes.jobs} deliveries a turn by 16 connections, each for a job of its own: \`acquired\` bodies as pipelet sends them. A second delivery with a newer lease follows for each of these
  jobs, while their objects are in memory, and then that same body again. The next step begins when the Worker is at rest.
- *CPU* is the time of workerd's whole process until that rest, alarms included, divided by the deliveries.
- The first ${sizes.warmUps} turns of ingest and look-up do not count, except for *the first of a process*. Until V8 has compiled the hot code, wasm takes more CPU than JavaScript, which has less to compile.
- **look-up**: ${sizes.lookUps} a turn over ${sizes.known} jobs. A finished job's record comes from KV, an unfinished one's from its object.
- **archive**: from the delivery until the record says \`stored\`; for the floor, from the request until its answer. The source is a separate process that sends noise. For a large file, each turn
  has a new process that has stored one file of 1 MiB.
- *Peak memory* is the most that the process then held, less what it held just before.
- **module**: the wasm by itself, packed by \`gzip -9\`. **bundle**: all modules that are uploaded, each packed so. The dashboard's files are not a part of the Worker.
- **start-up**: a new process until its first answer, less the median of an empty Worker's, in turns. It includes the compilation of the modules, which workerd does before it
  listens. ${sizes.starts} starts, with files in the page cache. Here a ratio is that of the medians.
- **wasm memory**: ${sizes.memory.many} deliveries from a loop beside the Worker, nine of ten of them duplicates. Each thousand begins when the one before is finished. Memory never shrinks, and grows by 64 KiB at
  a time. Each object that works at the same time takes some KiB of the peak. A leak would make it grow without more objects at work.

The dashboard's static files are left out on all sides. The platform serves them before the Worker; the local stand-in is a Worker in JavaScript that every request would
pass.

${MISSED}
## Measured on

| what | |
|---|---|
${facts}
`;
}
