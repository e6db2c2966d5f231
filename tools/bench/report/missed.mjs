// The text on missed goals: the one part of docs/benchmarks.md that people write. It reports what profiles show.

export const MISSED = `## Where the goals are missed

Profiles show these reasons. [performance.md](performance.md) says how to take one.

- **module**, **bundle** and **start-up**, which follows the size: the module has thousands of functions, none of more than 22 KB. What async functions compile to was a quarter of it (147 of
  573 KB). Reading long bodies in pieces takes 55 KB. 440,000 bytes would take features away.
- **ingest**: a profile of 1,500 new jobs was taken on a busy machine (2026-11-30, before the catalog became lazy). The runtime's call of the job's object took 23 %, its write 7, its alarm 5 and
  SQL 3. No function of ours had 2 %. **look-ups** and **download** are not profiled.
- **base64 in the body**: the Worker writes the body to R2 as it comes, and R2 copies it to its place. The object then decodes the file from R2 to R2, in pieces. The body never stands in memory, as the
  twins' body does, and passes R2 twice more.
- **archive, 1 GiB**: on a machine so slow that there is one turn, three runs of 2026-11-29 differed. Their ratios were 1.10, 0.79 and 0.93 to the conventional twin. To the floor they were 1.05, 0.98 and 0.89. The
  streams are the same ones of the runtime.
- **CPU beside the twin of the same design**: both make the same calls and writes, so the language makes the difference. Not V8 but serde in wasm reads and writes JSON. Each promise and each
  string between wasm and the runtime is work of its own.
`;
