// What is said where a goal is missed: the one part of docs/benchmarks.md that people write. It is what profiles show.

export const MISSED = `## Where the goals are missed

What was found out by profiles; \`CONTRIBUTING.md\` has how to take one, and what was tried.

- **module**, **bundle**, and **start-up**, which follows it: thousands of functions, none of more than 22 KB; what async functions are compiled to
  was a quarter of it before (147 of 573 KB), and what reads long bodies in pieces takes 55 KB. 440,000 bytes would take features away.
- **ingest**: a profile of 1,500 new jobs on a busy machine (2026-11-30, before the lazy catalog) had 23 % of its time in the runtime's call of
  the job's object, 7 in its write, 5 in its alarm, 3 in SQL; no function of ours had 2 %. **look-ups** and **download** are not profiled.
- **base64 in the body**: the Worker writes it to R2 as it comes, R2 copies it to its place, and the object decodes the file from R2 to R2, in pieces: it
  never stands in memory, which the twins' all does, and goes through R2 twice more.
- **archive, 1 GiB**, where a machine is so slow that there is one turn: three runs of 2026-11-29 gave 1.10, 0.79 and 0.93 to the conventional twin, 1.05, 0.98
  and 0.89 to the floor, of the same streams in the runtime.
- **CPU beside the twin of the same design**: both do the same calls and writes, so what is left is the language. JSON is read and written by
  serde in wasm, not by V8, and each promise and each string that goes between wasm and the runtime is work of its own.
`;
