// docs/benchmarks.md: the figures, and what is needed to read them.
import { table } from "./table.mjs";

const MiB = 1024 * 1024;

/** @returns {string} the whole document */
export function benchmarks({ figures, warnings, seconds, sizes, machine }) {
  const facts = Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`).join("\n");
  const notes = warnings.map((warning) => `- ${warning}`).join("\n");
  return `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, in ${seconds} s. Do not edit it: run the command.

${table(figures)}
${notes && `\nWhat disturbed this run:\n\n${notes}\n`}
## How to read it

Three Workers run in the same build of workerd, each in a process of its own, with the same date, flags and bindings, and
storage in memory (tmpfs). **hookvault** is the Worker as it is deployed. The **twin** (\`bench/twin\`) is what one would write
in TypeScript for the same contract, with the same durability; \`bench-contract.test.mjs\` holds both to it. The **floor**
(\`bench/floor\`) keeps no contract: of each row it does the one operation that cannot be left out.

Absolute figures are this machine's, and workerd's on it, not Cloudflare's. What counts are the ratios. The sides take turns,
A B C A B C …, ${sizes.turns} turns after one to warm up, and one alone is under load. Each cell is the median (least–most); a ratio is the median
of the turns' ratios, so it can differ from that of the two medians. Peak memory is compared by difference, in MiB, not by ratio.

- **ingest**: ${sizes.jobs} deliveries a turn by 16 connections, each a job of its own: \`acquired\` bodies as pipelet sends them. Then one with a
  newer lease to each of these jobs, while their objects are in memory, and then that same body again. The next step begins when the
  Worker is at rest; *CPU* is the time of workerd's whole process until then, alarms included, over the deliveries.
- **look-up**: ${sizes.lookUps} a turn over ${sizes.known} jobs. A finished job's record comes from KV, an unfinished one's from its object.
- **archive**: from the delivery until the record says \`stored\`; the floor's from the request until its answer. The source is a process of its own
  that sends noise. Large files: ${sizes.large.turns} turns, each in a new process that has stored one of 1 MiB. *Peak memory* is the most that it
  then held, less what it held just before.
- **bundle**: all modules that are uploaded, each packed by \`gzip -9\`. The dashboard's files are no part of the Worker.
- **start-up**: a new process until its first answer, less the median of an empty Worker's, which takes turns with them: the modules' compilation,
  which workerd does before it listens, is a part of it. ${sizes.starts} starts, files in the page cache. Here a ratio is that of the medians.
- **wasm memory**: ${sizes.memory.many} deliveries, three of four of them duplicates. It never shrinks: a peak
  stays, and a leak is what still grows in the second half.

The dashboard's static files are left out on all sides: the platform serves them before the Worker, and its local stand-in is a Worker
in JavaScript that every request would pass.

## Measured on

| what | |
|---|---|
${facts}
`;
}
