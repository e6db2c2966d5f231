// Measures what is uploaded: all modules of the Worker, each compressed by `gzip -9`.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { exactly } from "../sizes.mjs";

/** The goal for the wasm module, in bytes. `.ci/run` has the ceiling, which is the present size. */
const GOAL = 440_000;
const MODULE = "index_bg.wasm";

export const bundle = {
  turns: () => exactly(1),
  isAlone: true,
  warmUps: () => 0,
  sides: ["hookvault", "conventional", "same-design"],
  metrics: [
    { id: "bundle.module", row: "module", what: "bytes, gzip -9", better: "less", own: { goal: GOAL, far: Infinity } },
    { id: "bundle.gzip", row: "bundle", what: "bytes, gzip -9", better: "less" },
    { id: "bundle.raw", row: "bundle", what: "bytes", better: "less" },
  ],
  async turn(context, { modules }) {
    const all = modules.map(({ path, contents }) => Buffer.from(contents ?? readFileSync(path)));
    const sum = (sizes) => sizes.reduce((total, bytes) => total + bytes, 0);
    const packed = all.map((bytes) => gzipSync(bytes, { level: 9 }).length);
    const module = packed.find((_, n) => modules[n].path.endsWith(MODULE));
    return {
      ...(module && { "bundle.module": module }),
      "bundle.gzip": sum(packed),
      "bundle.raw": sum(all.map(({ length }) => length)),
    };
  },
};
